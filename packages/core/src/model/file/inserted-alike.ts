/**
 * What somebody else inserted in a place where the same text is about to be inserted. People cherry-pick, format and pull the same
 * thing on two machines; both copies would be there otherwise.
 *
 * Only a whole insert counts: all that one author has there that is visible. Part of one, or two authors' texts that happen to
 * add up, are other edits.
 */
import * as Y from 'yjs';
import type { Piece } from './runs.ts';

/**
 * @param first the item at which the place begins; `null` at the text's end
 * @param next the character behind the place that stood there when the insert was made; nothing for the text's end
 * @returns the characters that are the same as `insert`, of whoever comes first in the text
 */
export function insertedAlike(
  store: Y.Doc['store'],
  first: Y.Item | null,
  next: Y.ID | undefined,
  insert: string,
): readonly Piece[] | undefined {
  // A peer can have sent a document that lacks this character: then nothing says where the place ends.
  if (next !== undefined && next.clock >= Y.getState(store, next.client)) return undefined;
  let pieces: Piece[] = [];
  let found = '';
  for (let item = first; item !== null && !holds(item, next); item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
    const { client, clock } = item.id;
    if (pieces[0]?.client !== client) {
      if (pieces.length > 0 && found === insert) break;
      [pieces, found] = [[], ''];
    }
    pieces.push({ client, clock, length: item.length });
    // Beyond the length it is another text, however much follows.
    if (found.length <= insert.length) found += item.content.str;
  }
  return pieces.length > 0 && found === insert ? pieces : undefined;
}

const holds = ({ id, length }: Y.Item, one: Y.ID | undefined): boolean =>
  one !== undefined && id.client === one.client && id.clock <= one.clock && one.clock < id.clock + length;
