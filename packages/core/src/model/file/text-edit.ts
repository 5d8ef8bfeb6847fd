/**
 * Hunks found against what a disk showed, written into a document's newest state. Places are carried over by the
 * identities of characters, not by counting: whatever others inserted or deleted meanwhile, an insert stands right
 * behind the character it stood behind on the disk, and only characters that the disk showed are deleted.
 *
 * The items are made directly, because `Y.Text.insert` skips characters that were deleted and would put the insert
 * behind text that others wrote at their place.
 */
import * as Y from 'yjs';
import type { Hunk } from './hunk.ts';
import { rootText } from './layout.ts';
import { editedRuns, type Piece, type Run, runAt } from './runs.ts';
import { insertedAlike } from './inserted-alike.ts';

interface Place {
  readonly left?: Y.Item | null;
  /** What makes an insert needless. */
  readonly alike: readonly Piece[] | undefined;
}

/**
 * Where the same text stands already in the place of an insert, by somebody whom the disk did not show, that is taken for it: the
 * same edit, made twice, counts once.
 * @param runs the characters of the text that the hunks are against
 * @param hunks ascending, without overlap
 * @returns the characters of that text with the hunks applied to it
 */
export function writeHunks(live: Y.Doc, runs: readonly Run[], hunks: readonly Hunk[]): readonly Run[] {
  if (hunks.length === 0) return runs;
  const text = rootText(live);
  return live.transact((transaction) => {
    // All places are cut before anything is inserted: Yjs keeps a client's items in one array, and cutting an item
    // in front of thousands of new ones moves them all each time.
    const places = hunks.map(({ offset, remove, insert }): Place => {
      deleteShown(transaction, runs, offset, remove);
      if (insert === '') return { alike: [] };
      const left = itemBefore(transaction, text, runs, offset);
      const behind = itemBehind(text, left);
      return { left, alike: insertedAlike(transaction.doc.store, behind, idAt(runs, offset), insert) };
    });
    const inserted = hunks.map(({ insert }, i) => {
      const { left = null, alike } = places[i] as Place;
      return alike ?? [insertBehind(transaction, text, left, insert)];
    });
    // These remember places by counting and were not told; Yjs itself forgets them after every remote transaction.
    if (text._searchMarker !== null) text._searchMarker.length = 0;
    return editedRuns(runs, hunks, inserted);
  });
}

/** Deletes the characters that were shown from `offset` on, where nobody else has. */
function deleteShown(transaction: Y.Transaction, runs: readonly Run[], offset: number, count: number): void {
  const end = offset + count;
  let index = runAt(runs, offset);
  for (let at = offset; at < end; index++) {
    const run = runs[index] as Run;
    const next = Math.min(end, run.offset + run.length);
    const clock = run.clock + at - run.offset;
    deleteClocks(transaction, run.client, clock, clock + next - at);
    at = next;
  }
}

function deleteClocks(transaction: Y.Transaction, client: number, from: number, to: number): void {
  const { store } = transaction.doc;
  const end = Math.min(to, Y.getState(store, client));
  for (let clock = from; clock < end;) {
    let item = Y.getItem(store, Y.createID(client, clock));
    if (!item.deleted) {
      item = Y.getItemCleanStart(transaction, Y.createID(client, clock));
      if (item.id.clock + item.length > end) Y.getItemCleanStart(transaction, Y.createID(client, end));
      item.delete(transaction);
    }
    clock = item.id.clock + item.length;
  }
}

/** The item that ends with the character before `offset`; `null` where an insert goes to the very beginning. */
function itemBefore(
  transaction: Y.Transaction,
  text: Y.Text,
  runs: readonly Run[],
  offset: number,
): Y.Item | null {
  const { store } = transaction.doc;
  if (offset === 0) return null;
  let at = offset - 1;
  for (let index = runAt(runs, at); index >= 0; index--) {
    const run = runs[index] as Run;
    const id = Y.createID(run.client, run.clock + at - run.offset);
    at = run.offset - 1;
    // A peer can have sent a document in which this character has no place. Then the one before it has to do.
    if (id.clock >= Y.getState(store, id.client)) continue;
    const found: Y.Item | Y.GC = Y.getItem(store, id);
    if (found instanceof Y.Item && found.parent === text) return Y.getItemCleanEnd(transaction, store, id);
  }
  return null;
}

/** The character at `offset`; nothing for the end of the text. */
function idAt(runs: readonly Run[], offset: number): Y.ID | undefined {
  const run = runs[runAt(runs, offset)];
  if (run === undefined || offset >= run.offset + run.length) return undefined;
  return Y.createID(run.client, run.clock + offset - run.offset);
}

const itemBehind = (text: Y.Text, left: Y.Item | null): Y.Item | null =>
  left === null ? text._start : left.right;

function insertBehind(transaction: Y.Transaction, text: Y.Text, left: Y.Item | null, insert: string): Piece {
  const { store, clientID } = transaction.doc;
  const right = itemBehind(text, left);
  const id = Y.createID(clientID, Y.getState(store, clientID));
  const content = new Y.ContentString(insert);
  new Y.Item(id, left, left?.lastId ?? null, right, right?.id ?? null, text, null, content).integrate(
    transaction,
    0,
  );
  return { client: id.client, clock: id.clock, length: insert.length };
}
