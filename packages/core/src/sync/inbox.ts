/**
 * What one peer announced and sent of one folder, turned into what is stored: records, and rows for what is owed, paid
 * and wanted. The rows are made while the records are appended, because they depend on what became of these.
 */
import type { AuthorId, DocumentId, FolderId } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import {
  ANY_PEER,
  type Debt,
  type Debts,
  type FolderLog,
  type Outcome,
  type PeerName,
  type StoreOperation,
} from '../log/index.ts';
import {
  bytesOf,
  type Changed,
  checkKind,
  commonHeads,
  covers,
  decodeRecord,
  equalHeads,
  type FromDevice,
  type Heads,
  isHeld,
  isSnapshot,
  type Live,
  type LogRecord,
  NO_HEADS,
  raiseBy,
  type Records,
  type Unsent,
} from '../protocol/index.ts';
import { Pulls } from './pulls.ts';

/** Records to append, and the rows that belong into the same batch. */
export interface Incoming {
  readonly records: readonly LogRecord[];
  readonly rows: (outcomes: readonly Outcome[]) => StoreOperation[];
  /** Debts of which everything came: room for others when this is durable. */
  readonly came: readonly Debt[];
  /** What the records that the peer sent count for. */
  readonly bytes: number;
}

export const NOTHING_CAME: Incoming = { records: [], rows: () => [], came: [], bytes: 0 };

export class Inbox {
  readonly #folder: FolderId;
  readonly #peer: PeerName;
  readonly #author: AuthorId;
  readonly #log: Pick<FolderLog, 'assignedHeads' | 'lastCounter'>;
  readonly #debts: Debts;
  readonly #channel: number;
  /** Whether states are taken, and that was not said yet. */
  #takesStates: boolean;
  readonly #checkState: (body: Uint8Array) => void;
  readonly #pulls: Pulls;
  #isInVain = false;
  /** What was asked for and the peer did not give. */
  readonly #vain = new Map<DocumentId, Debt>();
  /** What is left of these is asked for once what came is durable. */
  readonly #unsent = new Set<DocumentId>();

  constructor(options: {
    folder: FolderId;
    peer: PeerName;
    author: AuthorId;
    log: Pick<FolderLog, 'assignedHeads' | 'lastCounter'>;
    debts: Debts;
    checkState: (body: Uint8Array) => void;
    isUrgent: (document: DocumentId) => boolean;
    channel: number;
    takesStates: boolean;
  }) {
    this.#channel = options.channel;
    this.#takesStates = options.takesStates;
    this.#pulls = new Pulls(options.isUrgent);
    this.#author = options.author;
    this.#checkState = options.checkState;
    this.#folder = options.folder;
    this.#peer = options.peer;
    this.#log = options.log;
    this.#debts = options.debts;
  }

  /** Something that is to be fetched. */
  get isOwed(): boolean {
    return this.#debts.dueCount(this.#peer) > 0;
  }

  /** Nothing is to be fetched, but what the peer was asked for and did not give. */
  get isAtRest(): boolean {
    const due = this.#debts.dueCount(this.#peer);
    if (due > this.#vain.size) return false;
    return due === 0 || this.#debts.due(this.#peer).every((debt) => this.#vain.get(debt.document) === debt);
  }

  /**
   * The peer was asked for what it once announced, and does not have it. Debts are noted page by page and the cursor moves with the
   * last page, so a peer that is set back to a place between resumes, and owes less than is noted: only a comparison tells how much.
   */
  get isInVain(): boolean {
    return this.#isInVain;
  }

  /** Debts of earlier connections are asked for again. */
  resume(): void {
    this.#pulls.add(this.#debts.due(this.#peer));
  }

  /** Somebody asks for these, or they are wanted from now on. */
  asked(documents: readonly DocumentId[]): void {
    this.#pulls.add(documents.flatMap((document) => this.#due(document)));
  }

  /** What to ask for now. Where nothing is fetched anew STATES is not said: a reconnect costs no frame more. */
  nextPull(): FromDevice[] {
    const debts = this.#pulls.next((document) => this.#debts.owes(this.#peer, document));
    if (debts.length === 0) return [];
    for (const { document } of debts) this.#vain.delete(document);
    const channel = this.#channel;
    const documents = debts.map(({ document }) => ({ document, heads: this.#log.assignedHeads(document) }));
    const pull: FromDevice = { type: 'PULL', channel, documents };
    if (!this.#takesStates || documents.every(({ heads }) => heads.size > 0)) return [pull];
    this.#takesStates = false;
    return [{ type: 'STATES', channel }, pull];
  }

  stored(came: readonly Debt[]): void {
    for (const debt of came) {
      this.#pulls.release(debt);
      if (this.#unsent.delete(debt.document)) this.#pulls.add(this.#due(debt.document));
    }
  }

  /** The peer had not the credit to send all of these. When what it sent before is durable, it has. */
  unsent({ documents }: Unsent): Incoming {
    const came = documents.flatMap((document) => this.#pulls.done(document) ?? []);
    for (const { document } of came) this.#unsent.add(document);
    return { records: [], rows: () => [], came, bytes: 0 };
  }

  /** `everything`: with the last page after the peer's log turned out to be another one, all that it holds. */
  announced({ documents }: Changed, everything?: ReadonlyMap<DocumentId, Heads>): Incoming {
    const owed: Debt[] = [];
    const held: DocumentId[] = [];
    for (const { document, bytes, heads } of documents) {
      if (covers(this.#log.assignedHeads(document), heads)) held.push(document);
      else owed.push({ document, bytes, heads });
    }
    const rows = (): StoreOperation[] => [
      ...this.#note(owed),
      ...held.flatMap((document) => this.#settle(document)),
      ...(everything === undefined
        ? []
        : [...this.#forgiveBeyond(everything), ...this.#debts.forgive(ANY_PEER)]),
    ];
    return { records: [], rows, came: [], bytes: 0 };
  }

  /** @throws RECORD_MALFORMED, FORMAT_TOO_NEW, DEVICE_FORKED */
  pulled({ records, done }: Records): Incoming {
    const decoded = records.map((bytes) => this.#decode(bytes));
    const came = done.flatMap((document) => this.#pulls.done(document) ?? []);
    const rows = (outcomes: readonly Outcome[]): StoreOperation[] => [
      ...this.#consequences(decoded, outcomes),
      ...came.flatMap((debt) => this.#settle(debt.document, debt)),
    ];
    return { records: decoded, rows, came, bytes: bytesOf(records) };
  }

  /**
   * Records of a document that is owed wait until what comes before them was pulled: they are owed as well. So are those of one that
   * is not wanted, although they came: the peer cannot know.
   * @throws RECORD_MALFORMED, FORMAT_TOO_NEW, DEVICE_FORKED
   */
  live({ records }: Live): Incoming {
    const decoded = records.map((bytes) => this.#decode(bytes));
    const isOwed = ({ header }: LogRecord): boolean =>
      this.#debts.owes(this.#peer, header.document) !== undefined || !this.#debts.wants(header.document);
    const owed = decoded.filter((record) => isOwed(record));
    const rest = decoded.filter((record) => !isOwed(record));
    const rows = (outcomes: readonly Outcome[]): StoreOperation[] => [
      ...this.#owe(owed),
      ...this.#consequences(rest, outcomes),
    ];
    return { records: rest, rows, came: [], bytes: bytesOf(records) };
  }

  #decode(bytes: Uint8Array): LogRecord {
    const record = decodeRecord(bytes);
    const { header } = record;
    if (header.folder !== this.#folder) {
      throw new EvermeshError('RECORD_MALFORMED', 'The peer sent a record of another folder.');
    }
    checkKind(header);
    if (isSnapshot(record) && !isHeld(this.#log.assignedHeads(header.document), header)) this.#check(record);
    return record;
  }

  /** What a snapshot covers counts as here from then on, so it has to be a document's state at least. */
  #check({ header, body }: LogRecord): void {
    const own = header.covers.get(this.#author) ?? 0;
    // Whatever is numbered like that later would count as here already, everywhere.
    if (own > this.#log.lastCounter(this.#author))
      throw new EvermeshError('DEVICE_FORKED', `A state has record ${own} of this device, which wrote none.`);
    try {
      this.#checkState(body);
    } catch (error) {
      if (!isEvermeshError(error, 'UPDATE_MALFORMED')) throw error;
      throw new EvermeshError('RECORD_MALFORMED', `The peer sent no state of document ${header.document}.`, {
        cause: error,
      });
    }
  }

  /** Records that have a gap are owed from now on; blobs that stored ones name are wanted. */
  #consequences(records: readonly LogRecord[], outcomes: readonly Outcome[]): StoreOperation[] {
    const missed = records.filter((_, i) => outcomes[i]?.type === 'gap');
    const stored = records.filter((_, i) => outcomes[i]?.type === 'stored');
    return [
      ...this.#owe(missed),
      ...stored.flatMap(({ header }) => this.#debts.want(header.blobs, header.document)),
    ];
  }

  #owe(records: readonly LogRecord[]): StoreOperation[] {
    const owed = new Map<DocumentId, Debt>();
    for (const { header, body } of records) {
      const { document } = header;
      const before = owed.get(document) ?? this.#debts.owes(this.#peer, document);
      const heads = new Map(before?.heads);
      raiseBy(heads, header);
      owed.set(document, { document, bytes: (before?.bytes ?? 0) + body.byteLength, heads });
    }
    return this.#note([...owed.values()]);
  }

  /**
   * What the peer announced before and holds no more it does not owe. Whoever has it still will bring it; waiting for
   * this peer would have no end.
   */
  #forgiveBeyond(held: ReadonlyMap<DocumentId, Heads>): StoreOperation[] {
    return this.#debts.owed(this.#peer).flatMap((debt) => {
      const heads = commonHeads(debt.heads, held.get(debt.document) ?? NO_HEADS);
      if (equalHeads(heads, debt.heads)) return [];
      return [...this.#debts.lower(this.#peer, { ...debt, heads }), ...this.#settle(debt.document)];
    });
  }

  #note(debts: readonly Debt[]): StoreOperation[] {
    const rows = this.#debts.owe(this.#peer, debts);
    this.#pulls.add(debts.flatMap(({ document }) => this.#due(document)));
    return rows;
  }

  #due(document: DocumentId): Debt[] {
    const debt = this.#debts.owes(this.#peer, document);
    return debt === undefined || this.#debts.isLeft(this.#peer, document) ? [] : [debt];
  }

  /**
   * The row that says a debt is paid, if it is. One that grew since it was asked for is asked for again; one that did not
   * waits until the peer is compared with, or names the document again: it does not have what it once announced.
   */
  #settle(document: DocumentId, asked?: Debt): StoreOperation[] {
    const debt = this.#debts.owes(this.#peer, document);
    if (debt === undefined) return [];
    if (covers(this.#log.assignedHeads(document), debt.heads)) {
      this.#vain.delete(document);
      return this.#debts.pay(this.#peer, document);
    }
    if (debt === asked) {
      this.#isInVain = true;
      this.#vain.set(document, debt);
      this.#debts.vain.emit(document);
    } else this.#pulls.add(this.#due(document));
    return [];
  }
}
