/** What comes out when two devices save a file that both were shown, in memory: one document, two saves. */
import { utf8 } from '@evermesh/core/base';
import {
  contentDigest,
  firstUpdate,
  newDocument,
  readFile,
  saveContent,
  shownFile,
  type Unit,
} from '@evermesh/core/model';
import * as Y from 'yjs';

export interface Saves {
  readonly base: string;
  readonly left: string;
  readonly right: string;
}

/**
 * `apart`: each saves before anything arrives from the other. `behind`: what the left one saved is on the right one's device when
 * that saves, and not on its disk yet.
 */
export type Order = 'apart' | 'behind';

export function mergeSaves({ base, left, right }: Saves, unit: Unit, order: Order): string {
  const first = firstUpdate(1, { kind: 'text', text: base }, contentDigest(utf8(base)), '0000000000');
  const [here, there] = [2, 3].map((client) => {
    const doc = newDocument('file', client, true);
    Y.applyUpdate(doc, first);
    return doc;
  }) as [Y.Doc, Y.Doc];
  const shown = shownFile(there);
  const save = (doc: Y.Doc, text: string): void =>
    void saveContent(doc, shown, { kind: 'text', text }, { tag: `${doc.clientID}`.repeat(10), unit });
  save(here, left);
  if (order === 'behind') Y.applyUpdate(there, Y.encodeStateAsUpdate(here));
  save(there, right);
  Y.applyUpdate(there, Y.encodeStateAsUpdate(here));
  const state = readFile(there).shown;
  return state.kind === 'text' ? state.text : '';
}
