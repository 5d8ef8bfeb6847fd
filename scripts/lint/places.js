/**
 * Where a file stands in the house: its package, its layer inside core, and whether it is a test. The rules
 * beside this file only ask these questions, so that the layout of the repository is written down once.
 */

/**
 * The layers of core, each with those it may import: what stands to its right in
 * `index -> replica -> folder -> {sync, model} -> log -> protocol -> errors -> base`.
 */
export const CORE_LAYERS = new Map([
  ['index', ['replica', 'folder', 'sync', 'model', 'log', 'protocol', 'errors', 'base']],
  ['replica', ['folder', 'sync', 'model', 'log', 'protocol', 'errors', 'base']],
  ['folder', ['sync', 'model', 'log', 'protocol', 'errors', 'base']],
  ['sync', ['log', 'protocol', 'errors', 'base']],
  ['model', ['log', 'protocol', 'errors', 'base']],
  ['log', ['protocol', 'errors', 'base']],
  ['protocol', ['errors', 'base']],
  ['errors', ['base']],
  ['base', []],
]);

/** The entry points of other packages that each package's sources may import; a trailing `*` takes all of them. */
export const PACKAGE_IMPORTS = new Map([
  ['core', []],
  ['adapters', ['@evermesh/core*']],
  ['mirror', ['@evermesh/core*']],
  // Its simulator runs the product: everything but the command.
  ['testkit', ['@evermesh/core*', '@evermesh/mirror', '@evermesh/server/sessions']],
  // The relay stores and forwards: it must be able to run without knowing what a document is.
  [
    'server',
    ['@evermesh/core/protocol', '@evermesh/core/log', '@evermesh/core/errors', '@evermesh/core/base'],
  ],
  ['cli', ['@evermesh/core*', '@evermesh/adapters*', '@evermesh/server', '@evermesh/mirror']],
]);

/**
 * @param {string} filename an absolute path
 * @returns {{ package: string, path: string, isTest: boolean } | undefined} nothing for files outside `packages/<name>/src`
 */
export function placeOf(filename) {
  const match = /(?:^|\/)packages\/([^/]+)\/src\/(.+)$/.exec(filename.replaceAll('\\', '/'));
  if (match === null) return undefined;
  const isTest = isTestSupport(match[2]) || /\.(test|test-d|bench)\.ts$/.test(match[2]);
  return { package: match[1], path: match[2], isTest };
}

/**
 * @param {string} path a path inside `packages/core/src`
 * @returns {string} the layer: the first directory, or `index` for a file beside them
 */
export function layerOf(path) {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : 'index';
}

/** A directory `testing` holds what several tests share; it is neither built nor published. */
export function isTestSupport(path) {
  return /(?:^|\/)testing\//.test(path);
}
