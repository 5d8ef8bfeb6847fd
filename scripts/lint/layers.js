/**
 * `evermesh/layers`: imports point one way. Inside core a layer sees only the layers under it, a package sees
 * only the packages it composes and only by name, and core needs no Node module, so that it runs in a browser.
 * Tests may reach across layers and packages, but never into another package's directory.
 */
import { isBuiltin } from 'node:module';
import { dirname, posix } from 'node:path';
import { CORE_LAYERS, isTestSupport, layerOf, PACKAGE_IMPORTS, placeOf } from './places.js';

export const layers = {
  meta: { type: 'problem', docs: { description: 'Imports follow the direction of layers and packages' } },
  create(context) {
    const place = placeOf(context.filename);
    if (place === undefined) return {};
    if (place.package === 'core' && !place.isTest && !CORE_LAYERS.has(layerOf(place.path))) {
      return {
        Program(node) {
          context.report({
            node,
            message: `'${layerOf(place.path)}' is no layer of core. Move the file into one of: ${[...CORE_LAYERS.keys()].join(', ')}.`,
          });
        },
      };
    }

    const check = (source) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const message = problemWith(place, source.value);
      if (message !== undefined) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal ?? node.argument),
    };
  },
};

function problemWith(place, specifier) {
  if (specifier.startsWith('.')) return problemWithRelative(place, specifier);
  if (place.isTest) return undefined;
  if (place.package === 'core' && isBuiltin(specifier)) {
    return `core runs in browsers and imports no Node module: '${specifier}' belongs behind a seam, in packages/adapters or handed in by the caller.`;
  }
  if (specifier !== '@evermesh' && !specifier.startsWith('@evermesh/')) return undefined;
  const allowed = PACKAGE_IMPORTS.get(place.package) ?? [];
  if (allowed.some((entry) => matches(entry, specifier))) return undefined;
  const choice = allowed.length === 0 ? 'no other package' : `only ${allowed.join(', ')}`;
  return `packages/${place.package} imports ${choice}, not '${specifier}'.`;
}

function matches(entry, specifier) {
  if (!entry.endsWith('*')) return specifier === entry;
  const name = entry.slice(0, -1);
  return specifier === name || specifier.startsWith(`${name}/`);
}

function problemWithRelative(place, specifier) {
  const target = posix.join(dirname(place.path), specifier);
  if (target.startsWith('..')) {
    return `'${specifier}' leaves packages/${place.package}/src. Import another package by its name.`;
  }
  if (place.isTest) return undefined;
  if (isTestSupport(target)) return `'${specifier}' is support for tests and is not published.`;
  if (place.package !== 'core') return undefined;
  const from = layerOf(place.path);
  const to = layerOf(target);
  if (from === to || CORE_LAYERS.get(from)?.includes(to)) return undefined;
  const allowed = CORE_LAYERS.get(from) ?? [];
  return `Layer '${from}' may not import layer '${to}', only ${allowed.length === 0 ? 'itself' : allowed.join(', ')}.`;
}
