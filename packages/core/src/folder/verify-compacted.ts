/** Checks what is compacted of a document against its records: a state is what they come to, and the index entry counts them. */
import type * as Y from 'yjs';
import type { AuthorId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import {
  type Compacted,
  decodeStored,
  type DocumentIndex,
  type DocumentState,
  entriesOf,
  historyTo,
  isRecordKey,
  stepsOfHistory,
} from '../log/index.ts';
import {
  applyBody,
  applyDocumentState,
  applySnapshotBody,
  equalStates,
  newDocument,
} from '../model/index.ts';
import { equalHeads, isSnapshot, NO_HEADS, raiseBy } from '../protocol/index.ts';
import type { FolderState } from './folder-state.ts';

/** What does not hold: nothing, if all does. The records themselves were found whole. */
export async function verifyCompacted(state: FolderState, index: DocumentIndex): Promise<string[]> {
  const { compacted, document } = index;
  if (compacted === undefined) return [];
  const found: string[] = [];
  let kept: DocumentState | undefined;
  try {
    kept = await state.log.read.state(document);
  } catch (error) {
    if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
    found.push(error.message);
  }
  found.push(...(await compare(state, index, compacted, kept)));
  if (!(await isHistoryWhole(state, index)))
    found.push('what is kept of its history does not lead to its state');
  return found;
}

/** The steps that are kept of records that are gone come to what stands for these. */
async function isHistoryWhole({ log }: FolderState, { document }: DocumentIndex): Promise<boolean> {
  const row = await log.read.historyRow(document);
  if (row === undefined) return true;
  for await (const { record } of log.read.document(document, NO_HEADS)) {
    if (!isSnapshot(record)) return false;
    const steps = historyTo(row, record.header.covers);
    if (steps === undefined) return false;
    const [replayed, state] = [newDocument(document, 0, true), newDocument(document, 0, true)];
    for (const { updates } of stepsOfHistory(steps, record.body))
      for (const { kind, body } of updates)
        if (kind === 'snapshot') applySnapshotBody(replayed, body, undefined);
        else applyBody(replayed, body, undefined);
    applySnapshotBody(state, record.body, undefined);
    return equalStates(replayed, state);
  }
  return false;
}

/** All rows are read once: of each record it is counted what is packed, and rebuilt what the state stands for. */
async function compare(
  { log }: FolderState,
  { document }: DocumentIndex,
  compacted: Compacted,
  kept: DocumentState | undefined,
): Promise<string[]> {
  const packed = { seq: 0, records: 0, bytes: 0 };
  const rebuilt = new Rebuilt(newDocument(document, 0, true));
  let last = 0;
  for await (const [key, row] of log.read.standing(document, 0)) {
    for (const { seq, bytes, bodyDigest, standsFor } of entriesOf(key, row)) {
      if (!isRecordKey(key) && seq > packed.seq) {
        packed.seq = seq;
        packed.records = standsFor ?? packed.records + 1;
        packed.bytes += bytes.byteLength;
      }
      if (kept === undefined || seq <= last || seq > kept.seq) continue;
      last = seq;
      const record = decodeStored(key, bytes, bodyDigest);
      raiseBy(rebuilt.heads, record.header);
      rebuilt.records = standsFor ?? rebuilt.records + 1;
      if (isSnapshot(record)) applySnapshotBody(rebuilt.doc, record.body, undefined);
      else applyBody(rebuilt.doc, record.body, undefined);
    }
  }
  const found: string[] = [];
  if (
    compacted.seq !== packed.seq ||
    compacted.records !== packed.records ||
    compacted.bytes !== packed.bytes
  )
    found.push('the index entry does not say what is packed');
  if (kept !== undefined && !rebuilt.equals(kept)) found.push('the state does not follow from the records');
  return found;
}

/** What records come to. */
class Rebuilt {
  readonly doc: Y.Doc;
  readonly heads: Map<AuthorId, number> = new Map();
  records = 0;

  constructor(doc: Y.Doc) {
    this.doc = doc;
  }

  equals({ body, covers, records }: DocumentState): boolean {
    const kept = newDocument(this.doc.guid, 0, true);
    applyDocumentState(kept, body, undefined);
    return this.records === records && equalHeads(this.heads, covers) && equalStates(kept, this.doc);
  }
}
