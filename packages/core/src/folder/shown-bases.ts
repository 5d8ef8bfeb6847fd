/**
 * What somebody's disk shows of a file, found from the heads it is remembered by.
 *
 * Usually these are heads that the document once had, and the state is built from its records. A save made against an
 * older state is the exception: the disk then shows the old state with the save in it, and not what others wrote
 * meanwhile. No sequence of records yields that (the save may stand behind their characters), so it is kept in a row,
 * in the batch that makes the save durable, until the next save of whoever shows it, or until he says that he does no more.
 * A save by somebody else leaves it alone: the disk shows what it showed.
 */
import {
  type AuthorId,
  authorOf,
  deviceOf,
  type DocumentId,
  documentOf,
  type NodeId,
  type RunId,
  runOf,
  toHex,
} from '../base/index.ts';
import { areaPrefix, type StoreOperation, storedRow } from '../log/index.ts';
import { decodeShownFile, encodeShownFile, type ShownFile, shownFile } from '../model/index.ts';
import { equalHeads, headDigest, type Heads } from '../protocol/index.ts';
import type { FolderState } from './folder-state.ts';
import { BASE_AREA } from './records-in-use.ts';

/**
 * Names, in heads, what is shown after a save and is no state of the document that anybody else could be shown: an author who never
 * wrote a record, of the same device and another run.
 */
export const nobodyBeside = (author: AuthorId): AuthorId =>
  authorOf(
    deviceOf(author),
    Array.from(runOf(author), (digit) => (15 - parseInt(digit, 16)).toString(16)).join('') as RunId,
  );

export interface Base {
  readonly shown: ShownFile;
  /** Whether it is the newest state of the document. */
  readonly newest: boolean;
  /** The key of its row, if it is kept in one: a save makes that void. */
  readonly row: string | undefined;
}

export async function readBase(state: FolderState, id: NodeId, heads: Heads): Promise<Base> {
  const row = keyOf(state, id, heads);
  const kept = await state.options.store.get(row);
  if (kept !== undefined) {
    const shown = storedRow(row, kept, (reader) => decodeShownFile(reader.raw(reader.left)));
    return { shown, newest: false, row };
  }
  const document = documentOf(id);
  for (;;) {
    const newest = isNewest(state, document, heads);
    const doc = await state.documents.at(document, heads);
    // What came meanwhile is in the newest state, too, and nobody was shown it.
    if (newest && !isNewest(state, document, heads)) continue;
    return { shown: shownFile(doc), newest, row: undefined };
  }
}

/** Whether a base that was read as the newest state still is: something may have arrived while others were read. */
export const baseHolds = (state: FolderState, id: NodeId, heads: Heads, base: Base): boolean =>
  !base.newest || isNewest(state, documentOf(id), heads);

export function keepBaseRow(state: FolderState, id: NodeId, heads: Heads, shown: ShownFile): StoreOperation {
  return { type: 'put', key: keyOf(state, id, heads), value: encodeShownFile(shown) };
}

export const forgetBaseRow = (state: FolderState, id: NodeId, heads: Heads): StoreOperation => ({
  type: 'del',
  key: keyOf(state, id, heads),
});

const isNewest = (state: FolderState, document: DocumentId, heads: Heads): boolean =>
  equalHeads(heads, state.heldHeads(document));

const keyOf = (state: FolderState, id: NodeId, heads: Heads): string =>
  `${areaPrefix(state.log.folder, BASE_AREA)}${id}/${toHex(headDigest(0, heads))}`;
