/** Checks what is compacted of a document against its records: a state is what they come to, and the index entry counts them. */
import type { AuthorId, DocumentId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { type DocumentIndex, entriesOf, isPackKey } from '../log/index.ts';
import { applyBody, applyDocumentState, equalStates, newDocument } from '../model/index.ts';
import { equalHeads, NO_HEADS, raiseHead } from '../protocol/index.ts';
import type { FolderState } from './folder-state.ts';

/** What does not hold: nothing, if all does. The records themselves were found whole. */
export async function verifyCompacted(state: FolderState, index: DocumentIndex): Promise<string[]> {
  if (index.compacted === undefined) return [];
  const found: string[] = [];
  if (!(await countsAreRight(state, index))) found.push('the index entry does not say what is packed');
  try {
    if (!(await stateFollows(state, index.document)))
      found.push('the state does not follow from the records');
  } catch (error) {
    if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
    found.push(error.message);
  }
  return found;
}

async function countsAreRight(
  { log }: FolderState,
  { document, compacted }: DocumentIndex,
): Promise<boolean> {
  const packed = { seq: 0, records: 0, bytes: 0 };
  for await (const [key, row] of log.read.rows(document, 0)) {
    if (!isPackKey(key)) continue;
    for (const { seq, bytes } of entriesOf(key, row)) {
      // A store that tore a batch has a pack, and the one that has its records as well.
      if (seq <= packed.seq) continue;
      packed.seq = seq;
      packed.records += 1;
      packed.bytes += bytes.byteLength;
    }
  }
  const told = compacted ?? packed;
  return told.seq === packed.seq && told.records === packed.records && told.bytes === packed.bytes;
}

async function stateFollows({ log }: FolderState, document: DocumentId): Promise<boolean> {
  const state = await log.read.state(document);
  if (state === undefined) return true;
  const [kept, rebuilt] = [newDocument(document, 0, true), newDocument(document, 0, true)];
  const heads = new Map<AuthorId, number>();
  let records = 0;
  applyDocumentState(kept, state.body, undefined);
  for await (const { seq, record } of log.read.document(document, NO_HEADS)) {
    if (seq > state.seq) break;
    raiseHead(heads, record.header.author, record.header.counter);
    records += 1;
    applyBody(rebuilt, record.body, undefined);
  }
  return records === state.records && equalHeads(heads, state.covers) && equalStates(kept, rebuilt);
}
