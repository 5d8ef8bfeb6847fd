/** The own log cut into PUTs: what goes together, and what may be sent apart where it is not taken together. */
import type { AuthorId, BlobName, DocumentId } from '../base/index.ts';
import type { StoredRecord } from '../log/index.ts';
import type { LogRecord } from '../protocol/index.ts';

const PUT_RECORDS = 64;
const PUT_BYTES = 256 * 1024;

export interface OutgoingPut {
  readonly author: AuthorId;
  readonly records: StoredRecord[];
  bytes: number;
  counter: number;
  /** The how manieth it is on this channel; 0 before it is sent. */
  number: number;
}

/** One author a PUT, counters ascending, groups whole. */
export function intoPuts(records: readonly StoredRecord[]): OutgoingPut[] {
  const puts: OutgoingPut[] = [];
  for (const group of intoGroups(records)) {
    const last = puts.at(-1);
    const joins =
      last !== undefined &&
      last.author === group.author &&
      last.counter < (group.records[0]?.record.header.counter ?? 0) &&
      last.records.length + group.records.length <= PUT_RECORDS &&
      last.bytes + group.bytes <= PUT_BYTES;
    if (!joins) {
      puts.push(group);
      continue;
    }
    last.records.push(...group.records);
    last.bytes += group.bytes;
    last.counter = group.counter;
  }
  return puts;
}

function intoGroups(records: readonly StoredRecord[]): OutgoingPut[] {
  const all: OutgoingPut[] = [];
  for (const stored of records) {
    const { author, counter } = stored.record.header;
    const bytes = stored.bytes.byteLength;
    const last = all.at(-1);
    if (
      last !== undefined &&
      last.counter < counter &&
      sameGroup(last.records.at(-1)?.record, stored.record)
    ) {
      last.records.push(stored);
      last.bytes += bytes;
      last.counter = counter;
    } else {
      all.push({ author, records: [stored], bytes, counter, number: 0 });
    }
  }
  return all;
}

/** Whether both belong to one atomic group: they go together. */
export function sameGroup(a: LogRecord | undefined, b: LogRecord): boolean {
  if (a?.header.group === undefined || b.header.group === undefined) return false;
  return a.header.author === b.header.author && a.header.group.first === b.header.group.first;
}

export function blobsOf(records: readonly LogRecord[]): Set<BlobName> {
  return new Set(records.flatMap(({ header }) => header.blobs));
}

/** One PUT a document: the peer takes a part of a group, and what it cannot take is only what is too much. */
export function byDocument({ author, records }: OutgoingPut): Map<DocumentId, OutgoingPut> {
  const parts = new Map<DocumentId, OutgoingPut>();
  for (const stored of records) {
    const { document, counter } = stored.record.header;
    const part = parts.get(document) ?? { author, records: [], bytes: 0, counter, number: 0 };
    parts.set(document, part);
    part.records.push(stored);
    part.bytes += stored.bytes.byteLength;
    part.counter = counter;
  }
  return parts;
}
