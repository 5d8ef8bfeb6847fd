/**
 * `evermesh/seams`: the world comes in through seams. Time, randomness, the file system, sockets and the
 * environment are read only in the few files that implement a seam; everything else is handed a small interface,
 * so that a simulator can own the world and replay it from a seed. A microtask is no seam: it runs in the same turn, in an
 * order that the program alone decides.
 */
import { placeOf } from './places.js';

/** What each part of the world is called in messages, what to use instead, and which files may touch it. */
const WORLD = {
  time: {
    advice: 'Take a Clock (packages/core/src/base/clock.ts).',
    // The scheduler takes turns of the real event loop in which virtual time passes.
    allowed: [
      'core/src/base/system-',
      'adapters/src/',
      'mirror/src/fs/node-',
      'testkit/src/sim/scheduler.ts',
    ],
  },
  randomness: {
    advice: 'Take a Random (packages/core/src/base/random.ts).',
    allowed: ['core/src/base/system-', 'adapters/src/', 'mirror/src/fs/node-'],
  },
  files: {
    advice:
      'Take a file system seam; Node implementations live in adapters, mirror/src/fs/node-*.ts and server/src/node-*.ts.',
    allowed: ['adapters/src/', 'mirror/src/fs/node-', 'server/src/node-', 'cli/src/'],
  },
  sockets: {
    advice:
      'Take a transport; the one over WebSocket is @evermesh/adapters/web-socket. Listening is for server/src/relay-server.ts, metrics-server.ts, testkit/src/wire and cli/src/control-*.ts.',
    allowed: [
      'adapters/src/',
      'server/src/relay-server.ts',
      'server/src/metrics-server.ts',
      'testkit/src/wire/',
      'cli/src/control-',
    ],
  },
  environment: {
    advice: 'Read it in packages/cli or packages/server/src/config.ts and hand the value on.',
    allowed: ['cli/src/', 'server/src/config.ts', 'adapters/src/'],
  },
};

const GLOBALS = new Map([
  ['setTimeout', 'time'],
  ['setInterval', 'time'],
  ['setImmediate', 'time'],
  ['WebSocket', 'sockets'],
  ['fetch', 'sockets'],
]);

/** `object.property`; the objects are globals. */
const PROPERTIES = new Map([
  ['Date.now', 'time'],
  ['performance.now', 'time'],
  ['AbortSignal.timeout', 'time'],
  ['process.hrtime', 'time'],
  ['Math.random', 'randomness'],
  ['crypto.randomUUID', 'randomness'],
  ['crypto.getRandomValues', 'randomness'],
  ['process.env', 'environment'],
]);

const MODULES = new Map([
  ['fs', 'files'],
  ['fs/promises', 'files'],
  ['chokidar', 'files'],
  ['timers', 'time'],
  ['timers/promises', 'time'],
  ['perf_hooks', 'time'],
  ['http', 'sockets'],
  ['https', 'sockets'],
  ['http2', 'sockets'],
  ['net', 'sockets'],
  ['tls', 'sockets'],
  ['dgram', 'sockets'],
  ['dns', 'sockets'],
  ['dns/promises', 'sockets'],
  ['ws', 'sockets'],
]);

/** Of these modules: they only look at a text. */
const HARMLESS_IMPORTS = new Set(['net:isIP', 'net:isIPv4', 'net:isIPv6']);

/** Named imports of modules that are otherwise harmless. */
const NAMED_IMPORTS = new Map([
  ['crypto:randomBytes', 'randomness'],
  ['crypto:randomInt', 'randomness'],
  ['crypto:randomUUID', 'randomness'],
  ['crypto:randomFillSync', 'randomness'],
  ['crypto:getRandomValues', 'randomness'],
  ['process:env', 'environment'],
]);

/** Imported whole, these hide what is used of them. */
const NAMED_MODULES = new Map([
  ['crypto', 'randomness'],
  ['process', 'environment'],
]);

const GLOBAL_OBJECTS = new Set(['globalThis', 'window', 'self', 'global']);
const ASSERTIONS = new Set([
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
  'TSTypeAssertion',
  'ParenthesizedExpression',
]);
/** Naming a type touches nothing. */
const TYPE_POSITIONS = new Set([
  'TSTypeReference',
  'TSTypeQuery',
  'TSQualifiedName',
  'TSInterfaceHeritage',
  'TSClassImplements',
]);

export const seams = {
  meta: { type: 'problem', docs: { description: 'Only seam files touch the world' } },
  create(context) {
    const place = placeOf(context.filename);
    if (place === undefined || place.isTest) return {};
    const file = `${place.package}/src/${place.path}`;

    const report = (node, what, part) => {
      const { advice, allowed } = WORLD[part];
      if (allowed.some((prefix) => file.startsWith(prefix))) return;
      context.report({ node, message: `${what} touches the world (${part}) outside a seam file. ${advice}` });
    };
    const checkModule = (node, source, specifiers) => {
      if (typeof source?.value !== 'string') return;
      const name = source.value.replace(/^node:/, '');
      const part = MODULES.get(name);
      const used = specifiers?.filter((specifier) => specifier.importKind !== 'type');
      const isHarmless =
        specifiers?.length > 0 &&
        used.every((specifier) => HARMLESS_IMPORTS.has(`${name}:${importedAs(specifier)}`));
      if (part !== undefined && !isHarmless) report(node, `'${source.value}'`, part);
      for (const specifier of used ?? []) {
        const imported = importedAs(specifier);
        if (imported === undefined && NAMED_MODULES.has(name))
          report(specifier, `'${source.value}' as a whole`, NAMED_MODULES.get(name));
        const named = NAMED_IMPORTS.get(`${name}:${imported}`);
        if (named !== undefined) report(specifier, `'${imported}' of '${source.value}'`, named);
      }
    };

    return {
      ImportDeclaration(node) {
        if (node.importKind !== 'type') checkModule(node, node.source, node.specifiers);
      },
      ImportExpression: (node) => checkModule(node, node.source),
      ExportNamedDeclaration: (node) => checkModule(node, node.source),
      ExportAllDeclaration: (node) => checkModule(node, node.source),
      'Program:exit'(program) {
        for (const identifier of globalIdentifiers(context.sourceCode.getScope(program))) {
          checkGlobal(identifier, report);
        }
      },
    };
  },
};

/** The name in the module; nothing for all of it. */
const importedAs = ({ type, imported }) =>
  type === 'ImportSpecifier' && imported.name !== 'default' ? (imported.name ?? imported.value) : undefined;

/** Every use as a value of a name that the file itself does not declare. */
function globalIdentifiers(scope) {
  let top = scope;
  while (top.upper !== null) top = top.upper;
  const declaredNowhere = top.variables.filter((variable) => variable.defs.length === 0);
  const references = [...top.through, ...declaredNowhere.flatMap((variable) => variable.references)];
  const identifiers = new Set(references.map((reference) => reference.identifier));
  return [...identifiers].filter((identifier) => !TYPE_POSITIONS.has(identifier.parent.type));
}

function checkGlobal(identifier, report) {
  let node = unwrapped(identifier);
  let name = identifier.name;
  // `globalThis.Date.now` is the same as `Date.now`.
  while (GLOBAL_OBJECTS.has(name)) {
    for (const taken of destructuredFrom(node)) {
      if (GLOBALS.has(taken)) report(node, `'${taken}'`, GLOBALS.get(taken));
    }
    const property = propertyOf(node);
    if (property === undefined) return;
    name = property;
    node = unwrapped(node.parent);
  }
  if (GLOBALS.has(name)) report(node, `'${name}'`, GLOBALS.get(name));

  for (const property of [propertyOf(node), ...destructuredFrom(node)]) {
    const part = PROPERTIES.get(`${name}.${property}`);
    if (part !== undefined) report(node, `'${name}.${property}'`, part);
  }

  const { parent } = node;
  if (name !== 'Date' || parent.callee !== node) return;
  if (parent.type === 'CallExpression') report(parent, `'Date()'`, 'time');
  if (parent.type === 'NewExpression' && parent.arguments.length === 0)
    report(parent, `'new Date()'`, 'time');
}

/** The whole of `(x as Y)!` for its `x`: assertions change nothing about what is used. */
function unwrapped(node) {
  let whole = node;
  while (ASSERTIONS.has(whole.parent.type) && whole.parent.expression === whole) whole = whole.parent;
  return whole;
}

/** `now` for the `Date` of `Date.now` and `Date['now']`. */
function propertyOf(node) {
  const { parent } = node;
  if (parent.type !== 'MemberExpression' || parent.object !== node) return undefined;
  if (!parent.computed) return parent.property.name;
  return parent.property.type === 'Literal' ? String(parent.property.value) : undefined;
}

/** `now` for the `Date` of `const { now } = Date`. */
function destructuredFrom(node) {
  const { parent } = node;
  if (parent.type !== 'VariableDeclarator' || parent.init !== node || parent.id.type !== 'ObjectPattern')
    return [];
  return parent.id.properties.map((property) => property.key?.name ?? property.key?.value);
}
