/**
 * `evermesh/oracles`: what judges the product must not be made of it. Oracles import each other and what comes with Node, and of
 * everything else only types.
 */
import { isBuiltin } from 'node:module';
import { dirname, posix } from 'node:path';
import { placeOf } from './places.js';

const ORACLES = new Set(
  ['sim/laws', 'sim/grant-laws', 'sim/ledger', 'sim/letters', 'sim/naming', 'sim/observe']
    .concat(['tree/claimed-heads', 'tree/paths', 'tree/portable-names', 'tree/rebuild', 'tree/removals'])
    .map((name) => `${name}.ts`),
);

export const oracles = {
  meta: { type: 'problem', docs: { description: 'Oracles use nothing of what they judge' } },
  create(context) {
    const place = placeOf(context.filename);
    if (place?.package !== 'testkit' || !ORACLES.has(place.path)) return {};

    const check = (node) => {
      const { source, specifiers = [] } = node;
      if (source === null || source === undefined) return;
      if (node.importKind === 'type' || node.exportKind === 'type') return;
      if (specifiers.length > 0 && specifiers.every((one) => (one.importKind ?? one.exportKind) === 'type'))
        return;
      const path = String(source.value);
      if (isBuiltin(path)) return;
      if (path.startsWith('.') && ORACLES.has(posix.join(dirname(place.path), path))) return;
      context.report({
        node: source,
        message: `An oracle takes nothing but types from '${path}': it must not be wrong together with what it judges.`,
      });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
