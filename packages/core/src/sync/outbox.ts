/**
 * What the peer lacks of the own log. It is a walk over the log from one place to its end: normally over this device's
 * own records behind the last acknowledged one; over more where a peer lost what it had. PUTs are answered in their
 * order, so the walk is acknowledged up to the oldest PUT that has no answer.
 */
import { type AuthorId, type BlobName, type DeviceId, deviceOf, type DocumentId } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { StoredRecord } from '../log/index.ts';
import { type Heads, isHeld, type LogRecord, NO_HEADS } from '../protocol/index.ts';
import { plainWalk, type Walk } from './walk.ts';

const WINDOW_RECORDS = 256;
const WINDOW_BYTES = 1024 * 1024;
const PUT_RECORDS = 64;
const PUT_BYTES = 256 * 1024;

export interface OutgoingPut {
  readonly author: AuthorId;
  readonly records: StoredRecord[];
  bytes: number;
  counter: number;
}

export interface ReadRequest {
  readonly walk: Walk;
  readonly after: number;
  readonly records: number;
  readonly bytes: number;
}

export class Outbox {
  readonly #device: DeviceId;
  #walk: Walk | undefined;
  /** The place in the own log up to which everything was looked at. */
  #at = 0;
  /** The last durable place of the own log. */
  #head: number;
  #reading = false;
  readonly #unanswered: OutgoingPut[] = [];
  #records = 0;
  #bytes = 0;

  constructor(device: DeviceId, head: number) {
    this.#device = device;
    this.#head = head;
  }

  begin(walk: Walk): void {
    this.#walk = walk;
    this.#at = walk.from;
    this.#reading = false;
  }

  /** The peer lacks more of a document than was known: begin anew, with that document, and without what was acknowledged. */
  repeat(document: DocumentId, heads: Heads): void {
    const walk = this.#walk ?? plainWalk(0);
    this.begin({
      from: 0,
      floor: Math.min(walk.floor, this.acknowledged),
      lacking: new Set([...walk.lacking, document]),
      boundary: this.#head,
      known: new Map([...walk.known, [document, heads]]),
    });
  }

  /** Everything durable was looked at, sent and answered. */
  get idle(): boolean {
    return this.#walk !== undefined && this.#at === this.#head && this.#unanswered.length === 0;
  }

  /** PUTs that were not answered yet. */
  get unanswered(): number {
    return this.#unanswered.length;
  }

  /** Everything up to this place of the own log needs no sending any more. */
  get acknowledged(): number {
    const oldest = this.#unanswered[0]?.records[0];
    return oldest === undefined ? this.#at : Math.min(this.#at, oldest.seq - 1);
  }

  /** Whether a record of this document at this place may have to be sent: asked before the record is read. */
  static concerns(walk: Walk, document: DocumentId, seq: number): boolean {
    return seq > walk.floor || (seq <= walk.boundary && walk.lacking.has(document));
  }

  #needs({ seq, record }: StoredRecord): boolean {
    const walk = this.#walk;
    if (walk === undefined) return false;
    const { document, author } = record.header;
    if (isHeld(walk.known.get(document) ?? NO_HEADS, record.header)) return false;
    if (seq <= walk.boundary && walk.lacking.has(document)) return true;
    return seq > walk.floor && deviceOf(author) === this.#device;
  }

  /** What to read of the own log now, if there is something to read and room to send it. */
  nextRead(): ReadRequest | undefined {
    const walk = this.#walk;
    if (walk === undefined || this.#reading || this.#at === this.#head) return undefined;
    const records = WINDOW_RECORDS - this.#records;
    const bytes = WINDOW_BYTES - this.#bytes;
    if (records < WINDOW_RECORDS / 2 || bytes < WINDOW_BYTES / 2) return undefined;
    this.#reading = true;
    return { walk, after: this.#at, records, bytes };
  }

  /** The answer to a read: whole groups, and the place up to which was looked. Returns the PUTs to send. */
  read(request: ReadRequest, records: readonly StoredRecord[], through: number): OutgoingPut[] {
    if (request.walk !== this.#walk) return [];
    this.#reading = false;
    return this.#take(records, through);
  }

  /** The own log grew. When nothing older waits, the records are taken as they are, without reading them again. */
  grew(entries: readonly StoredRecord[]): OutgoingPut[] {
    const first = entries[0]?.seq ?? 0;
    const follows = this.#head === first - 1 && this.#at === this.#head && !this.#reading;
    this.#head = entries.at(-1)?.seq ?? this.#head;
    const hasRoom = this.#records < WINDOW_RECORDS && this.#bytes < WINDOW_BYTES;
    return this.#walk !== undefined && follows && hasRoom ? this.#take(entries, this.#head) : [];
  }

  /** The answer to the oldest PUT. @throws MESSAGE_UNEXPECTED if there is none */
  answered(): OutgoingPut {
    const put = this.#unanswered.shift();
    if (put === undefined)
      throw new EvermeshError('MESSAGE_UNEXPECTED', 'The peer answered a PUT that was not sent.');
    this.#records -= put.records.length;
    this.#bytes -= put.bytes;
    return put;
  }

  #take(records: readonly StoredRecord[], through: number): OutgoingPut[] {
    const puts = intoPuts(records.filter((record) => this.#needs(record)));
    this.#at = through;
    // What the peer held matters for what was there before; from here on only this device's own records do.
    if (this.#at === this.#head) this.#walk = plainWalk(this.#at);
    for (const put of puts) {
      this.#unanswered.push(put);
      this.#records += put.records.length;
      this.#bytes += put.bytes;
    }
    return puts;
  }
}

/** One author a PUT, counters ascending, groups whole. */
function intoPuts(records: readonly StoredRecord[]): OutgoingPut[] {
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
      all.push({ author, records: [stored], bytes, counter });
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
