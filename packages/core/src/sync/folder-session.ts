/**
 * One folder on one socket, as the device sees it: a state machine. Messages and news of the own log go in, effects
 * come out; it does no I/O, keeps no time and makes no promise.
 *
 * Invariants. The cursor moves only over what is stored or noted as owed in the batch that moves it. A cursor is kept
 * only while the peer is known to hold everything that this replica holds up to it: after another epoch, a rollback or
 * a GAP the peer is first given what it lacks, so a connection lost half-way starts the comparison anew.
 */
import type { DocumentId } from '../base/index.ts';
import type { Debt, Outcome, StoredRecord, StoreOperation } from '../log/index.ts';
import {
  type Ack,
  type Changed,
  equalHeads,
  type FromRelay,
  type Gap,
  type Heads,
  type Opened,
  type Position,
  type Untaken,
} from '../protocol/index.ts';
import { Inbox, type Incoming, NOTHING_CAME } from './inbox.ts';
import { KeptCursor } from './kept-cursor.ts';
import { Outbox } from './outbox.ts';
import type { OutgoingPut } from './outgoing-put.ts';
import type { ReadRequest } from './own-log.ts';
import { NO_ROOM, putEffect, refusalOf } from './put-terms.ts';
import { unexpected } from './link-errors.ts';
import { type Effect, type Refusal, send, type SessionState } from './session-effects.ts';
import type { SessionOptions } from './session-options.ts';
import { comparingWalk, plainWalk, type Walk } from './walk.ts';

export class FolderSession {
  readonly #options: SessionOptions;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #state: SessionState = 'opening';
  #refusal: Refusal | undefined;
  readonly #kept: KeptCursor;
  #opened: Opened | undefined;
  #isResumed = false;
  /** Place of the own log when the peer answered: what the comparison covers. */
  #boundary = 0;
  /** What the peer announced while catching up. */
  #announced = new Map<DocumentId, Heads>();
  /** Heads that GAPs named, to tell one that repeats; and how many PUTs older than the last GAP have no answer. */
  readonly #gaps = new Map<DocumentId, Heads>();
  #stale = 0;
  /** Effects `append` that are not durable yet: what they note as owed is not known before. */
  #storing = 0;
  /** What the peer said when it had no room. */
  #full: Refusal | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#kept = new KeptCursor(options);
    this.#inbox = new Inbox(options);
    this.#outbox = new Outbox(options.device, options.log);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Why the folder, or what this device has to send of it, is not taken. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Why the peer has no room for what is withheld. */
  get full(): Refusal | undefined {
    return this.#full;
  }

  /** Documents of which something waits until the peer has room. */
  get withheld(): ReadonlySet<DocumentId> {
    return this.#outbox.withheld;
  }

  /** Nothing that is wanted is owed by the peer, and nothing durable here is unknown to it but what it has no room for. */
  get isSettled(): boolean {
    return this.isQuiet && !this.#inbox.isOwed;
  }

  /** The same, but for what the peer was asked for and did not give. */
  get isQuiet(): boolean {
    const isAtRest = this.#storing === 0 && this.#outbox.idle && this.#inbox.isAtRest;
    return isAtRest && this.#kept.isTrusted && this.#state === 'live';
  }

  open(): Effect[] {
    const { channel, folder, log } = this.#options;
    const create = log.position.seq > 0;
    return [send({ type: 'OPEN', channel, folder, create, cursor: this.#kept.cursor })];
  }

  /** @throws MESSAGE_UNEXPECTED: the connection is of no use any more; RECORD_MALFORMED, FORMAT_TOO_NEW: the session is */
  receive(message: FromRelay): Effect[] {
    if (this.#state === 'refused') return [];
    if (message.type === 'OPENED') return this.#onOpened(message);
    if (message.type === 'REFUSED') {
      this.refuse({ code: message.code, reason: message.reason, retryAfter: message.retryAfter });
      return [];
    }
    if (this.#opened === undefined) throw unexpected(message.type);
    switch (message.type) {
      case 'CHANGED':
        return this.#onChanged(message);
      case 'RECORDS':
        return [this.#append(this.#inbox.pulled(message))];
      case 'UNSENT':
        return [this.#append(this.#inbox.unsent(message))];
      case 'LIVE':
        if (this.#state !== 'live') throw unexpected('LIVE');
        return [this.#append(this.#inbox.live(message), message.through)];
      case 'ACK':
        return this.#onAck(message);
      case 'GAP':
        return this.#onGap(message);
      case 'UNTAKEN':
        return this.#onUntaken(message);
      default:
        throw unexpected(message.type);
    }
  }

  /** What to do next of its own accord. Ask again until there is nothing: an effect may make room for another. */
  next(): Effect[] {
    if (this.#state === 'refused' || this.#opened === undefined) return [];
    if (this.#isResumed && this.#inbox.isInVain) return this.#openAnew('what is owed was never compared');
    const effects = this.#inbox.nextPull().map((message) => send(message));
    const request = this.#refusal === undefined ? this.#outbox.nextRead() : undefined;
    if (request !== undefined) effects.push({ type: 'read', request });
    // What the peer has from elsewhere as well is passed over without an answer, so nothing else would keep how far.
    const { acknowledged, idle } = this.#outbox;
    if (idle && !this.#kept.isTrusted) {
      this.#kept.isTrusted = true;
      effects.push(this.#append(NOTHING_CAME));
    } else if (idle && acknowledged > this.#kept.acknowledged) effects.push(this.#kept.later(this.#outbox));
    return effects;
  }

  /** What an effect `read` found: whole groups, and the place up to which the log was looked at. */
  read(request: ReadRequest, records: readonly StoredRecord[], through: number): Effect[] {
    return this.#put(this.#outbox.read(request, records, through));
  }

  /** The own log grew by these, from whatever source. */
  grew(entries: readonly StoredRecord[]): Effect[] {
    return this.#put(this.#outbox.grew(entries));
  }

  /** The blobs of an effect `put` have no room at the peer: it was not sent. */
  unsent(put: OutgoingPut): Effect[] {
    return this.#findNoRoom(put, NO_ROOM, this.#outbox.withdrawn(put) < this.#stale);
  }

  /** Looks soon whether the peer has room. Ask for what is next. */
  tryAgain(): void {
    this.#outbox.tryAgain();
  }

  /** An effect `append` is durable. */
  stored(came: readonly Debt[]): void {
    this.#storing -= 1;
    this.#inbox.stored(came);
  }

  /** Somebody asks for these documents, or they are wanted from now on. */
  asked(documents: readonly DocumentId[]): void {
    this.#inbox.asked(documents);
  }

  /** Ends the session: the folder is not taken. */
  refuse(refusal: Refusal): void {
    this.#state = 'refused';
    this.#refusal = refusal;
  }

  #onOpened(message: Opened): Effect[] {
    if (this.#state !== 'opening') throw unexpected('OPENED');
    this.#opened = message;
    this.#boundary = this.#options.log.position.seq;
    const { cursor } = this.#kept;
    this.#isResumed = message.resumed && cursor?.epoch === message.cursor.epoch;
    this.#state = 'catching-up';
    const received = this.#options.progress?.received;
    if (message.grant !== 'write') this.#outbox.withholdOthers();
    // It was never given what others wrote: what of that it lacks only a comparison of everything tells.
    else if (this.#isResumed && received === undefined)
      return this.#openAnew('what others wrote was never compared');
    if (this.#isResumed) this.#outbox.resume(received ?? []);
    this.#inbox.resume();
    // What this log turns out to owe is noted from here on. The cursor speaks of another log, so it goes before that: a peer that is
    // set back to that other log would be taken to owe both.
    if (!this.#isResumed) return this.#kept.reset() ? [this.#forget()] : [];
    if (cursor?.seq === message.cursor.seq) this.#becomeLive();
    return [];
  }

  #onChanged(message: Changed): Effect[] {
    const isCatchingUp = this.#state === 'catching-up';
    if (isCatchingUp)
      for (const { document, heads } of message.documents) this.#announced.set(document, heads);
    const isLast = isCatchingUp && message.through !== undefined;
    const incoming = this.#inbox.announced(message, isLast && !this.#isResumed ? this.#announced : undefined);
    if (isLast) this.#becomeLive();
    return [this.#append(incoming, message.through)];
  }

  #becomeLive(): void {
    this.#state = 'live';
    this.#kept.isTrusted = this.#isResumed;
    this.#outbox.begin(this.#walk(this.#options.progress?.acknowledged ?? 0));
    this.#announced = new Map();
  }

  /** Who may only read sends nothing of others. */
  #walk(acknowledged: number): Walk {
    if (this.#isResumed) return plainWalk(acknowledged, this.#announced);
    if (this.#opened?.grant !== 'write') return plainWalk(0, this.#announced);
    return comparingWalk(this.#options.log.documents(), this.#announced, this.#boundary);
  }

  #onAck({ counter, through }: Ack): Effect[] {
    const put = this.#outbox.answered();
    if (put.counter !== counter) throw unexpected('ACK');
    if (this.#stale > 0) this.#stale -= 1;
    this.#kept.advance(this.#opened?.cursor, through);
    return [this.#kept.later(this.#outbox)];
  }

  /**
   * The peer lacks what it was believed to hold. It is given all it lacks of that document, and what was not acknowledged
   * yet once more. Until then the cursor is not kept: a new connection would compare everything.
   */
  #onGap({ document, heads }: Gap): Effect[] {
    if (this.#stale > 0) {
      this.#stale -= 1;
      this.#outbox.answered();
      return [];
    }
    if (this.#outbox.missed(document)) return this.#put(this.#outbox.again(this.#outbox.answered()));
    const before = this.#gaps.get(document);
    if (before !== undefined && equalHeads(before, heads)) {
      const reason = `The relay lacks records of document ${document} that are not here either.`;
      this.refuse({ code: 'RECORD_GAP', reason, retryAfter: 0 });
      return [];
    }
    this.#gaps.set(document, heads);
    this.#outbox.repeat(document, heads);
    this.#outbox.answered();
    this.#stale = this.#outbox.unanswered;
    return [this.#forget()];
  }

  #onUntaken(why: Untaken): Effect[] {
    return this.#findNoRoom(this.#outbox.answered(), why, this.#stale > 0);
  }

  /** `isStale`: it is sent once more in any case. */
  #findNoRoom(put: OutgoingPut, { code, reason, retryAfter }: Refusal, isStale: boolean): Effect[] {
    this.#full = { code, reason, retryAfter };
    if (isStale) this.#stale -= 1;
    return isStale ? [] : this.#put(this.#outbox.untaken(put));
  }

  /** Without a cursor everything is compared. This session does no more: it would keep one again. */
  #openAnew(why: string): Effect[] {
    this.#state = 'opening';
    this.#opened = undefined;
    return [this.#forget(), { type: 'reopen', why }];
  }

  /** The cursor is kept no more. */
  #forget(): Effect {
    this.#storing += 1;
    const forget = this.#kept.forgotten();
    return { type: 'append', records: [], beside: () => [forget], came: [], bytes: 0 };
  }

  #put(puts: readonly OutgoingPut[]): Effect[] {
    if (puts.length === 0 || this.#refusal !== undefined) return [];
    const { channel, frameBytes } = this.#options;
    // What others write is still received.
    this.#refusal = refusalOf(puts, this.#opened?.grant, frameBytes);
    return this.#refusal === undefined ? puts.map((put) => putEffect(put, channel)) : [];
  }

  /** The cursor moves with the batch that stores, or notes as owed, what lies before it. */
  #append({ records, rows, came, bytes }: Incoming, through?: Position): Effect {
    this.#kept.advance(this.#opened?.cursor, through);
    this.#storing += 1;
    const beside = (found: readonly Outcome[]): StoreOperation[] => {
      this.#outbox.gave(records, found);
      return [...rows(found), ...this.#kept.rows(this.#outbox)];
    };
    return { type: 'append', records, beside, came, bytes };
  }
}
