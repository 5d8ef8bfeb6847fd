/** What the versions of a text take, in several forms: so that one knows of which of them a smaller one could be made. */
import { concatBytes, deflate } from '@evermesh/core/base';
import { documentCodec, encodeBody, newDocument, textHunks } from '@evermesh/core/model';
import { Writer } from '@evermesh/core/protocol';
import * as Y from 'yjs';
import type { Edit } from './log/edit-trace.ts';

/** Updates in encoding V1, one for so many edits each, as they come of a whole file that is saved. */
export function savedUpdates(edits: readonly Edit[], each: number): Uint8Array[] {
  const doc = newDocument('saved', 2 ** 52 + 1, true);
  const text = doc.getText('text');
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  let [base, next] = ['', ''];
  for (let from = 0; from < edits.length; from += each) {
    for (const [at, deleted, inserted] of edits.slice(from, from + each))
      next = next.slice(0, at) + inserted + next.slice(at + deleted);
    const hunks = textHunks(base, next, 'words').toReversed();
    doc.transact(() => {
      for (const { offset, remove, insert } of hunks) {
        text.delete(offset, remove);
        text.insert(offset, insert);
      }
    });
    base = next;
  }
  return updates;
}

/** Bytes of the updates deflated together, in this encoding and in Yjs' encoding V2. */
export const deflatedUpdates = (updates: readonly Uint8Array[]): { v1: number; v2: number } => ({
  v1: deflate(concatBytes(updates)).byteLength,
  v2: deflate(concatBytes(updates.map((update) => Y.convertUpdateFormatV1ToV2(update)))).byteLength,
});

/** Bytes of what is kept of the history if every version is, when the records are gone. */
export function keptBytes(updates: readonly Uint8Array[]): number {
  const history = documentCodec.history();
  const steps = updates.map((update) => {
    history.add([{ kind: 'update', body: encodeBody(update) }]);
    return history.step();
  });
  return deflate(concatBytes(steps)).byteLength;
}

/**
 * The least that versions take beside a state that they build on: the characters that it has forgotten, and of every run of characters of
 * one author after how many versions it went. A `Y.Snapshot` says the same, with one list of deletions for each version.
 */
export function leastBytes(updates: readonly Uint8Array[]): number {
  const doc = new Y.Doc({ gc: false });
  const made: number[] = [];
  const lasted: number[] = [];
  updates.forEach((update, version) => {
    const { structs, ds } = Y.decodeUpdate(update);
    for (const { id, length } of structs)
      for (let clock = id.clock; clock < id.clock + length; clock++) made[clock] = version;
    for (const { clock: from, len } of [...ds.clients.values()].flat())
      for (let clock = from; clock < from + len; clock++) lasted[clock] ??= version + 1 - (made[clock] ?? 0);
    Y.applyUpdate(doc, update);
  });
  const forgotten: string[] = [];
  for (const struct of [...doc.store.clients.values()].flat())
    if (struct instanceof Y.Item && struct.deleted && struct.content instanceof Y.ContentString)
      forgotten.push(struct.content.str);
  const [lengths, versions] = [new Writer(), new Writer()];
  for (let from = 0; from < made.length;) {
    let to = from;
    while (to < made.length && lasted[to] === lasted[from]) to++;
    lengths.uint(to - from);
    versions.uint(lasted[from] ?? 0);
    from = to;
  }
  return [new TextEncoder().encode(forgotten.join('')), lengths.finish(), versions.finish()].reduce(
    (sum, column) => sum + deflate(column).byteLength,
    0,
  );
}
