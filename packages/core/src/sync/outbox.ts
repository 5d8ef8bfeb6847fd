/**
 * What the peer lacks of the own log. It is a walk over the log from one place to its end: normally over what lies behind the
 * last acknowledged record; over more where a peer lost what it had. What came from this peer it has; what came by another link
 * it is given like what was written here, in the log's order, so nothing arrives before what it builds on. PUTs are answered in
 * their order, so the walk is acknowledged up to the oldest PUT that has no answer, and to what the peer has no room for.
 */
import { type AuthorId, type DeviceId, deviceOf, type DocumentId } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { Outcome, Span, StoredRecord } from '../log/index.ts';
import {
  type Heads,
  isHeld,
  type LogRecord,
  NO_HEADS,
  raiseBy,
  type RecordHeader,
} from '../protocol/index.ts';
import { byDocument, intoPuts, type OutgoingPut } from './outgoing-put.ts';
import type { ReadRequest } from './own-log.ts';
import { latest, ReceivedPlaces } from './received-places.ts';
import type { SessionOptions } from './session-options.ts';
import { plainWalk, type Walk } from './walk.ts';
import { Withheld } from './withheld.ts';

const WINDOW_RECORDS = 256;
const WINDOW_BYTES = 1024 * 1024;

export class Outbox {
  readonly #device: DeviceId;
  readonly #log: SessionOptions['log'];
  /** Who may only read offers nothing of others. */
  #sendsOthers = true;
  #walk: Walk | undefined;
  /** Places of the own log that the peer filled. */
  #received: ReceivedPlaces = new ReceivedPlaces();
  /** What the peer gave while it was on its way to the disk from elsewhere, by document. */
  readonly #given = new Map<DocumentId, Map<AuthorId, number>>();
  /** The place in the own log up to which everything was looked at. */
  #at = 0;
  /** The last durable place of the own log. */
  #head: number;
  #reading = false;
  readonly #unanswered: OutgoingPut[] = [];
  /** What the peer has no room for. */
  readonly #withheld: Withheld = new Withheld();
  /** Whether it has room now is to be looked for. */
  #isLooking = false;
  /** Of these documents something is sent anew, from the PUT of this number on: older ones may build on what was not taken. */
  readonly #anew = new Map<DocumentId, number>();
  #sent = 0;
  #records = 0;
  #bytes = 0;

  constructor(device: DeviceId, log: SessionOptions['log']) {
    this.#device = device;
    this.#head = log.position.seq;
    this.#log = log;
  }

  begin(walk: Walk): void {
    this.#walk = walk;
    this.#at = walk.from;
    this.#reading = false;
  }

  /** The peer has the log of which it filled these places before. */
  resume(received: readonly Span[]): void {
    this.#received = new ReceivedPlaces(received);
  }

  withholdOthers(): void {
    this.#sendsOthers = false;
  }

  /** The peer gave these, and this became of them: they are not given back to it. */
  gave(records: readonly LogRecord[], outcomes: readonly Outcome[]): void {
    for (const [i, { header }] of records.entries()) {
      const outcome = outcomes[i];
      if (outcome?.type === 'stored') this.#received.add(outcome.entry.seq);
      // What is durable was looked at already, unless a walk is behind: then the peer acknowledges a repeat.
      else if (outcome?.type === 'repeat' && this.#log.isWriting(header.document)) this.#raise(header);
    }
  }

  #raise(header: RecordHeader): void {
    let heads = this.#given.get(header.document);
    if (heads === undefined) this.#given.set(header.document, (heads = new Map()));
    raiseBy(heads, header);
  }

  /** The peer lacks more of a document than was known: begin anew, with that document, and without what was acknowledged. */
  repeat(document: DocumentId, heads: Heads): void {
    const walk = this.#walk ?? plainWalk(0);
    this.#given.delete(document);
    this.begin({
      from: 0,
      floor: Math.min(walk.floor, this.#answeredUpTo(walk)),
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
    return Math.min(this.#answered, this.#withheld.first - 1);
  }

  /** What of that which is behind it the peer holds; `undefined` if what was acknowledged says nothing of what others wrote. */
  get received(): readonly Span[] | undefined {
    if (!this.#sendsOthers) return undefined;
    const through = this.#answered;
    return latest([...this.#withheld.between(through), ...this.#received.behind(through)]);
  }

  /** Documents of which something waits until the peer has room. */
  get withheld(): ReadonlySet<DocumentId> {
    return this.#withheld.documents;
  }

  /** Everything up to this place was looked at, and is at the peer, but for what it has no room for. */
  get #answered(): number {
    const oldest = Math.min(...this.#unanswered.map(({ records }) => firstOf(records)));
    return Math.min(this.#at, oldest - 1);
  }

  /** How far all was answered, but for what a walk sends in any case. */
  #answeredUpTo({ lacking, boundary }: Walk): number {
    const records = this.#unanswered.flatMap((put) => put.records);
    const others = records.filter(
      ({ seq, record }) => seq > boundary || !lacking.has(record.header.document),
    );
    return firstOf(others) - 1;
  }

  #concerns(walk: Walk, document: DocumentId, seq: number): boolean {
    if (seq <= walk.boundary && walk.lacking.has(document)) return true;
    if (seq <= walk.floor) return false;
    return !this.#received.holds(this.#log, document, seq);
  }

  #needs({ seq, record }: StoredRecord): boolean {
    const walk = this.#walk;
    const { document, author } = record.header;
    if (walk === undefined || !this.#concerns(walk, document, seq)) return false;
    if (!this.#sendsOthers && deviceOf(author) !== this.#device) return false;
    const known = [walk.known.get(document), this.#given.get(document)];
    return !known.some((heads) => isHeld(heads ?? NO_HEADS, record.header));
  }

  /** What to read of the own log now, if there is something to read and room to send it. */
  nextRead(): ReadRequest | undefined {
    if (this.#isLooking) this.#lookForRoom();
    const walk = this.#walk;
    if (walk === undefined || this.#isHolding || this.#reading || this.#at === this.#head) return undefined;
    const records = WINDOW_RECORDS - this.#records;
    const bytes = WINDOW_BYTES - this.#bytes;
    if (records < WINDOW_RECORDS / 2 || bytes < WINDOW_BYTES / 2) return undefined;
    this.#reading = true;
    const concerns = (document: DocumentId, seq: number): boolean => this.#concerns(walk, document, seq);
    return { walk, concerns, after: this.#at, records, bytes };
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
    // What is appended by who is told of an append that is being made is told of before that.
    this.#head = Math.max(this.#head, entries.at(-1)?.seq ?? 0);
    const hasRoom = this.#records < WINDOW_RECORDS && this.#bytes < WINDOW_BYTES && !this.#isHolding;
    return this.#walk !== undefined && follows && hasRoom ? this.#take(entries, this.#head) : [];
  }

  /** The PUT that is answered next. @throws MESSAGE_UNEXPECTED if there is none */
  get oldest(): OutgoingPut {
    const [put] = this.#unanswered;
    if (put === undefined)
      throw new EvermeshError('MESSAGE_UNEXPECTED', 'The peer answered a PUT that was not sent.');
    return put;
  }

  /** The answer to the oldest PUT. @throws MESSAGE_UNEXPECTED if there is none */
  answered(): OutgoingPut {
    const put = this.oldest;
    this.#unanswered.shift();
    this.#left(put);
    return put;
  }

  /** A PUT that was not sent after all, for want of room for its blobs. Returns which of those without an answer it was. */
  withdrawn(put: OutgoingPut): number {
    const place = this.#unanswered.indexOf(put);
    this.#unanswered.splice(place, 1);
    this.#left(put);
    return place;
  }

  /** The peer had no room for all of a PUT: what of it may fit is sent anew. Returns the PUTs to send. */
  untaken(put: OutgoingPut): OutgoingPut[] {
    const [first, ...others] = byDocument(put).keys();
    if (first !== undefined && others.length === 0) this.#withheld.hold(first);
    return this.again(put);
  }

  /** Whether the oldest PUT built on something for which there was no room when it came. */
  missed(document: DocumentId): boolean {
    return this.oldest.number < (this.#anew.get(document) ?? 0) || this.#withheld.has(document);
  }

  /** Looks whether there is room, once all that is on its way is answered: nothing new is sent before. */
  tryAgain(): void {
    this.#isLooking = this.#withheld.documents.size > 0;
  }

  /** What the peer lacks goes first. */
  get #isHolding(): boolean {
    return this.#isLooking && this.#walk?.lacking.size === 0 && this.#unanswered.length > 0;
  }

  #lookForRoom(): void {
    const walk = this.#walk;
    if (walk?.lacking.size !== 0 || this.#unanswered.length > 0) return;
    const { first, documents } = this.#withheld;
    const boundary = this.#at;
    this.#isLooking = false;
    this.begin({ ...walk, from: first - 1, floor: boundary, lacking: new Set(documents), boundary });
    this.#withheld.clear();
    this.#anew.clear();
  }

  /** Sends what may fit of a PUT that was not taken. */
  again(put: OutgoingPut): OutgoingPut[] {
    const parts: OutgoingPut[] = [];
    for (const [document, part] of byDocument(put)) {
      if (this.#withheld.has(document)) {
        for (const { seq } of part.records) this.#withheld.add(document, seq);
        continue;
      }
      parts.push(part);
      this.#anew.set(document, this.#sent + parts.length);
    }
    this.#send(parts);
    return parts;
  }

  #left(put: OutgoingPut): void {
    this.#records -= put.records.length;
    this.#bytes -= put.bytes;
  }

  #send(puts: readonly OutgoingPut[]): void {
    for (const put of puts) {
      put.number = ++this.#sent;
      this.#unanswered.push(put);
      this.#records += put.records.length;
      this.#bytes += put.bytes;
    }
  }

  /** Whether it is to be sent, and there may be room for it. */
  #fits({ seq, record }: StoredRecord): boolean {
    const { document } = record.header;
    if (!this.#withheld.has(document)) return true;
    this.#withheld.add(document, seq);
    return false;
  }

  #take(records: readonly StoredRecord[], through: number): OutgoingPut[] {
    const puts = intoPuts(records.filter((record) => this.#needs(record) && this.#fits(record)));
    this.#at = through;
    this.#received.forget(Math.min(this.#at, this.#answered));
    // What the peer held matters for what was there before; from here on only what it gave does.
    if (this.#at === this.#head) {
      this.#walk = plainWalk(this.#at);
      for (const document of this.#given.keys())
        if (!this.#log.isWriting(document)) this.#given.delete(document);
    }
    this.#send(puts);
    return puts;
  }
}

const firstOf = (records: readonly StoredRecord[]): number => Math.min(...records.map(({ seq }) => seq));
