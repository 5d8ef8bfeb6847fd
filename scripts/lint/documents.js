/**
 * `evermesh/named-documents`: a `Y.Doc` made bare draws its `guid` and `clientID` from randomness that nobody handed in, so two
 * runs of one seed would differ; `newDocument` of core's model is given both. The awareness of y-protocols draws its times from
 * the system's clock and sets timers of its own: one file takes these from it.
 */
import { placeOf } from './places.js';

const MAKER = 'core/src/model/body-codec.ts';
const AWARE = 'core/src/folder/presence/document-presence.ts';

export const namedDocuments = {
  meta: { type: 'problem', docs: { description: 'Documents get their ids from us' } },
  create(context) {
    const place = placeOf(context.filename);
    if (place === undefined || place.isTest) return {};
    const file = `${place.package}/src/${place.path}`;
    if (file === MAKER) return {};
    const isAwareness = (name) =>
      file !== AWARE && (name === 'y-protocols/awareness' || name === 'y-protocols/awareness.js');
    /** What the file calls the whole of yjs, and its class of documents. */
    const wholes = new Set();
    const classes = new Set();
    return {
      ImportDeclaration({ source, specifiers }) {
        if (isAwareness(source.value))
          context.report({
            node: source,
            message: `'${source.value}' reads the system's clock and sets its own timers: take DocumentPresence of packages/core/src/folder/presence.`,
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
