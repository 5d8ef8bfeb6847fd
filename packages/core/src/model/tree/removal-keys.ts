/** Which removals an update brings: whoever asks when something was removed looks for the record that did it. */
import * as Y from 'yjs';
import { decodeBody } from '../body-codec.ts';
import { REMOVALS } from './tree-maps.ts';

/**
 * Keys of the operations whose removals the body of a record writes. Each is written once, so it stands in the update by itself.
 * @throws UPDATE_MALFORMED
 */
export function removalKeysIn(body: Uint8Array): string[] {
  return decodeBody(body).structs.flatMap((struct) =>
    struct instanceof Y.Item && struct.parentSub !== null && rootOf(struct) === REMOVALS
      ? [struct.parentSub]
      : [],
  );
}

/** The name of the type that it is written into, where that is one of the document's own. */
const rootOf = ({ parent }: { readonly parent: unknown }): unknown => parent;
