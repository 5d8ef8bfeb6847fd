/**
 * `evermesh/named-documents`: a `Y.Doc` made bare draws its `guid` and `clientID` from randomness that nobody handed in, so two
 * runs of one seed would differ; `newDocument` of core's model is given both. The awareness of y-protocols draws its times from
 * the system's clock and sets timers of its own.
 */
import { placeOf } from './places.js';

const MAKER = 'core/src/model/body-codec.ts';

export const namedDocuments = {
  meta: { type: 'problem', docs: { description: 'Documents get their ids from us' } },
  create(context) {
    const place = placeOf(context.filename);
    if (place === undefined || place.isTest || `${place.package}/src/${place.path}` === MAKER) return {};
    /** What the file calls the whole of yjs, and its class of documents. */
    const wholes = new Set();
    const classes = new Set();
    return {
      ImportDeclaration({ source, specifiers }) {
        if (source.value === 'y-protocols/awareness' || source.value === 'y-protocols/awareness.js')
          context.report({
            node: source,
            message: `'${source.value}' reads the system's clock and sets its own timers: nobody can simulate it.`,
          });
        if (source.value !== 'yjs') return;
        for (const { type, imported, local } of specifiers) {
          if (type !== 'ImportSpecifier') wholes.add(local.name);
          else if (imported.name === 'Doc') classes.add(local.name);
        }
      },
      NewExpression(node) {
        const { type, name, object, property } = node.callee;
        const isDocument =
          type === 'Identifier'
            ? classes.has(name)
            : type === 'MemberExpression' && wholes.has(object.name) && property.name === 'Doc';
        if (!isDocument) return;
        context.report({
          node,
          message: `A bare Y.Doc draws 'guid' and 'clientID' by itself: take newDocument of packages/core/src/model/body-codec.ts.`,
        });
      },
    };
  },
};
