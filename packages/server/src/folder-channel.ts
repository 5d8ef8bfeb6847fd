/**
 * One folder on one socket, as the relay sees it: a reader that follows the folder's log. It is told of every place in
 * order, by LIVE while it keeps up. One that does not is told later what changed behind its place, by CHANGED: nothing
 * is kept for it meanwhile, however slow it is.
 */
import { type Clock, equalBytes, type Logger, SerialQueue } from '@evermesh/core/base';
import { EvermeshError, isEvermeshError } from '@evermesh/core/errors';
import type { AppendResult } from '@evermesh/core/log';
import {
  type Awareness,
  type Cursor,
  encodeMessage,
  type FromRelay,
  type Grant,
  isSnapshot,
  LIMITS,
  type LogRecord,
  type Position,
  type Pull,
  type Put,
  type RecordHeader,
  type SentCredit,
  type Untaken,
} from '@evermesh/core/protocol';
import type { FolderReader } from './awareness-round.ts';
import { changedFrames } from './changed-frames.ts';
import type { ChannelSocket } from './channel-socket.ts';
import type { FolderBlobs } from './folder-blobs.ts';
import type { OpenFolder } from './folder-registry.ts';
import type { LivePage } from './live-round.ts';
import { answerPull } from './pull-answer.ts';
import { checkRepeats, type PreparedPut, preparePut } from './put-check.ts';
import { snapshotsUnknown } from './readable-records.ts';
import { WantedNews } from './wanted-news.ts';

export interface FolderChannelOptions {
  readonly channel: number;
  readonly grant: Grant;
  readonly folder: OpenFolder;
  readonly blobs: FolderBlobs;
  /** Whether the device understands that it is asked for blobs. */
  readonly canBeAsked: boolean;
  /** What the device takes of records before it has done with what came. */
  readonly credit: SentCredit;
  /** Whether the device understands snapshots. */
  readonly knowsSnapshots: boolean;
  /** What to say where there is no room for a PUT; absent if the device does not go on with the rest then. */
  readonly noRoom?: ((error: EvermeshError) => Omit<Untaken, 'type' | 'channel'>) | undefined;
  readonly socket: ChannelSocket;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The channel cannot go on. */
  readonly failed: (error: unknown) => void;
}

/** What became of one PUT. */
type Taken =
  | (AppendResult & { readonly last: RecordHeader })
  | { readonly untaken: Omit<Untaken, 'type' | 'channel'> };

export class FolderChannel implements FolderReader {
  readonly #options: FolderChannelOptions;
  readonly #pulls: SerialQueue = new SerialQueue();
  /** Answers go out in the order of the PUTs. */
  readonly #answers: SerialQueue = new SerialQueue();
  /** What takes long of a PUT is done before its turn comes: nobody else waits for that. */
  readonly #preparing: SerialQueue = new SerialQueue();
  /** The place up to which the reader was told. */
  #told: Position = { seq: 0, digest: new Uint8Array(16) };
  /** Answers that wait until the reader was told of what they acknowledge. */
  readonly #untold: { readonly seq: number; readonly resolve: () => void }[] = [];
  #isLive = false;
  /** The device wants states of documents of which it holds nothing. */
  #takesStates = false;
  /** A PUT was refused: none behind it is taken. One for which there was no room (UNTAKEN) is no such. */
  #isBroken = false;
  #isClosed = false;
  /** Nothing that is asked for is given any more; what was put is answered. */
  #isEnding = false;
  #stopWatching: () => void = () => {};
  #wanted: WantedNews | undefined;

  constructor(options: FolderChannelOptions) {
    this.#options = options;
  }

  /** Answers OPEN, and begins to follow the log. */
  async open(cursor: Cursor | undefined): Promise<void> {
    const { folder, channel, grant, canBeAsked } = this.#options;
    const { log } = folder;
    const isSameLog = cursor !== undefined && cursor.epoch === log.epoch && cursor.seq <= log.position.seq;
    const digest = isSameLog ? await log.read.digestAt(cursor.seq) : undefined;
    if (grant === 'write' && canBeAsked) await this.#askForBlobs();
    if (this.#isClosed) return;
    const resumed = cursor !== undefined && digest !== undefined && equalBytes(digest, cursor.digest);
    const { epoch, position } = log;
    this.#send({ type: 'OPENED', channel, cursor: { epoch, ...position }, grant, resumed });
    if (resumed) this.#told = { seq: cursor.seq, digest: cursor.digest.slice() };
    folder.readers.add(this);
    this.#stopWatching = folder.live.pages.add((page) => this.#onPage(page));
    if (resumed && cursor.seq === position.seq) this.#isLive = true;
    else this.#guard(this.#catchUp());
  }

  takesStates(): void {
    this.#takesStates = this.#options.knowsSnapshots;
  }

  /** Resolves when everything asked for was sent, or named in UNSENT for want of credit. */
  async pull(pull: Pull): Promise<void> {
    const isOver = (): boolean => this.#isClosed || this.#isEnding;
    const options = { ...this.#options, takesStates: this.#takesStates, isOver };
    await this.#pulls.run(() => answerPull(pull, options));
  }

  /**
   * Resolves when the PUT was answered. The PUTs of a folder are checked and appended one at a time, so that nothing comes
   * between a check and what it allows.
   * @throws what is to be told to the device: neither this PUT nor any behind it was stored
   */
  put({ records }: Put): Promise<void> {
    const ready = this.#preparing.run(() => preparePut(records, this.#options));
    const taken = ready.then((prepared) => this.#options.folder.puts.run(() => this.#take(prepared)));
    // A failure is told when the answer is due; until then nobody listens.
    taken.catch(() => undefined);
    return this.#answers.run(async () => this.#answer(await taken));
  }

  /** Resolves when every PUT so far was answered, or turned out not to be taken. */
  settled(): Promise<void> {
    return this.#answers.idle();
  }

  /** Hands on who is where in a document to everybody else, with the rest of this tick. */
  awareness({ document, state }: Awareness): void {
    const { clock, folder } = this.#options;
    if (folder.awareness.say(this, document, state)) clock.after(0, () => folder.awareness.tell());
  }

  /** Now or never: the next state says more than this one. */
  aware(frame: (channel: number) => Uint8Array): void {
    const { channel, socket } = this.#options;
    if (!socket.isFull) this.#sendFrame(frame(channel));
  }

  /** The channel is about to be refused: what is being read for the device is not for it any more. */
  endPulls(): void {
    this.#isEnding = true;
  }

  /** Follows the log no more. Resolves when nothing of it is being read or written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWatching();
    this.#wanted?.stop();
    this.#options.folder.readers.delete(this);
    for (const { resolve } of this.#untold.splice(0)) resolve();
    await this.#answers.idle();
    await this.#pulls.idle();
  }

  /** Before the device may count as in step: one that comes for a moment only is still asked. */
  #askForBlobs(): Promise<void> {
    const { channel, folder, blobs, socket } = this.#options;
    const failed = (error: unknown): void => this.#fail(error);
    const news = new WantedNews({ channel, folder: folder.log.folder, blobs, socket, source: this, failed });
    this.#wanted = news;
    return news.all();
  }

  /** What the reader was told of already, because it came while this was on its way, is passed over. */
  #onPage(page: LivePage): void {
    const { through } = page;
    const { seq } = this.#told;
    if (!this.#isLive || through.seq <= seq) return;
    const { socket, channel, credit } = this.#options;
    if (socket.isFull) {
      this.#isLive = false;
      this.#guard(this.#catchUp());
      return;
    }
    if (!this.#options.knowsSnapshots && page.some(isSnapshot)) return this.#fail(snapshotsUnknown());
    const live = page.frame(this, seq, channel);
    // What was put in the longest frame is longer with the place that it has.
    if (live !== undefined && credit.isLeft && live.frame.byteLength <= LIMITS.frameBytes) {
      credit.spend(live.bytes);
      socket.send(live.frame);
    } else if (live !== undefined) for (const frame of page.changed(channel)) socket.send(frame);
    this.#tell(through);
  }

  /** Tells what changed behind the reader's place, until there is nothing more to tell. */
  async #catchUp(): Promise<void> {
    const { folder, socket, channel } = this.#options;
    const { log } = folder;
    do {
      const frames = changedFrames(log, this.#told.seq, channel);
      const isLast = async (): Promise<boolean> => {
        const next = this.#isClosed ? undefined : frames.next();
        if (next === undefined || next.done === true) return true;
        const { frame, through } = next.value;
        this.#sendFrame(frame);
        if (through !== undefined) this.#tell(through);
        return through !== undefined;
      };
      while (!(await socket.inTurn(isLast)));
      if (this.#isClosed) return;
    } while (log.position.seq !== this.#told.seq);
    this.#isLive = true;
  }

  /** Nothing if the channel ended before its turn came. */
  async #take(prepared: PreparedPut): Promise<Taken | undefined> {
    if (this.#isClosed || this.#isBroken) return undefined;
    try {
      if ('failure' in prepared) throw prepared.failure;
      const { decoded, bytes } = prepared;
      const { log } = this.#options.folder;
      const checking = checkRepeats(decoded, log);
      if (checking !== undefined) await checking;
      const last = decoded.at(-1)?.header;
      if (last === undefined) throw new EvermeshError('MESSAGE_MALFORMED', 'A PUT without records.');
      this.#options.blobs.quota?.checkRecords(log, decoded, bytes);
      return { last, ...(await this.#append(decoded)) };
    } catch (error) {
      const { noRoom } = this.#options;
      if (noRoom !== undefined && isEvermeshError(error, 'QUOTA_EXCEEDED')) return { untaken: noRoom(error) };
      this.#isBroken = true;
      throw error;
    }
  }

  /** What the records name and is not here is noted with them, and asked for once that is durable. */
  async #append(records: readonly LogRecord[]): Promise<AppendResult> {
    const { blobs, folder } = this.#options;
    const { log } = folder;
    const hasNames = records.some(({ header }) => header.blobs.length > 0);
    const names = hasNames ? await blobs.unnoted(log.folder, records) : [];
    const appended = log.append(records, { source: this, beside: blobs.wanted.rows(log.folder, names) });
    const ask = (): void => {
      if (names.length > 0) blobs.wanted.noted.emit({ folder: log.folder, names, source: this });
    };
    // A failure is told when the answer is due; until then nobody listens.
    appended.durable.then(ask, () => undefined);
    return appended;
  }

  /**
   * Says what became of a PUT once that is durable and the reader was told of everything up to it: `through` moves the
   * reader's cursor, which must not pass a record of another device, nor stay behind what is acknowledged.
   */
  async #answer(taken: Taken | undefined): Promise<void> {
    if (taken === undefined) return;
    const { channel, folder } = this.#options;
    if ('untaken' in taken) return this.#send({ type: 'UNTAKEN', channel, ...taken.untaken });
    const { outcomes, durable, last } = taken;
    await durable;
    const gap = outcomes.find((outcome) => outcome.type === 'gap');
    if (gap !== undefined) {
      this.#send({ type: 'GAP', channel, document: gap.document, heads: gap.heads });
      return;
    }
    await this.#toldUpTo(folder.log.position.seq);
    this.#send({ type: 'ACK', channel, counter: last.counter, through: this.#told });
  }

  #tell(place: Position): void {
    this.#told = place;
    const due = this.#untold.findIndex(({ seq }) => seq > place.seq);
    for (const { resolve } of this.#untold.splice(0, due === -1 ? this.#untold.length : due)) resolve();
  }

  /** Resolves when the reader was told of everything up to this place, or is gone. */
  #toldUpTo(seq: number): Promise<void> {
    if (this.#told.seq >= seq || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#untold.push({ seq, resolve }));
  }

  #guard(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    void this.close();
    this.#options.failed(error);
  }

  #send(message: FromRelay): void {
    this.#sendFrame(encodeMessage(message));
  }

  #sendFrame(frame: Uint8Array): void {
    if (!this.#isClosed) this.#options.socket.send(frame);
  }
}
