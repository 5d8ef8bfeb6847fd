/**
 * Runs the session of one folder on one socket: does what the session wants done, and tells it what became of that.
 * Everything that ends the connection goes through `fail`; nothing is thrown at whoever hands in a message. Damage in
 * this folder ends the session of this folder only.
 */
import { type BlobName, type DocumentId, SerialQueue } from '../base/index.ts';
import type { ErrorCode, EvermeshError } from '../errors/index.ts';
import { type Appended, readProgress } from '../log/index.ts';
import type { FromRelay } from '../protocol/index.ts';
import { BlobFetches } from './blob-fetches.ts';
import { BlobOffers } from './blob-offers.ts';
import type { FolderDriverOptions } from './driver-options.ts';
import { FolderSession } from './folder-session.ts';
import { LateRows } from './late-rows.ts';
import { asError } from './link-errors.ts';
import { readOwnLog } from './own-log.ts';
import { RoomLook } from './room-look.ts';
import type { Effect, Refusal } from './session-effects.ts';
import type { DocumentState } from './synced-folder.ts';

/** What is wrong with the records of one folder, here or there: others on the connection have nothing to do with it. */
const OF_FOLDER: ReadonlySet<ErrorCode> = new Set([
  'STORE_CORRUPT',
  'RECORD_MALFORMED',
  'FORMAT_TOO_NEW',
  'DEVICE_FORKED',
]);

export class FolderDriver {
  readonly #options: FolderDriverOptions;
  readonly #puts: SerialQueue = new SerialQueue();
  readonly #fetches: BlobFetches;
  readonly #offers: BlobOffers;
  readonly #abort = new AbortController();
  /** Tells the folder that the peer cannot be asked any more. */
  #left: (() => void) | undefined;
  readonly #stopWatching: readonly (() => void)[];
  #session: FolderSession | undefined;
  /** Damage that this side found. */
  #damage: Refusal | undefined;
  /** PUTs that wait for their blobs, or behind one that does. */
  #waiting = 0;
  #retryTold = false;
  readonly #room: RoomLook;
  readonly #late: LateRows;
  /** The peer was told who is here. */
  #isPresent = false;
  /** Appends and reads that have not ended. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: FolderDriverOptions) {
    this.#options = options;
    const offers = new BlobOffers(options);
    this.#offers = offers;
    this.#fetches = new BlobFetches({
      ...options,
      given: (names) => offers.had(names),
      ended: options.changed,
    });
    this.#room = new RoomLook(options.clock, () => this.#tryAgain());
    const { log, debts, presence, committer } = options.folder;
    this.#late = new LateRows(options.clock, committer, (writing) => this.#track(writing));
    this.#stopWatching = [
      log.appended.add((appended) => this.#onAppended(appended)),
      debts.missed.add(() => this.#onMissed()),
      debts.asked.add((documents) => this.#onAsked(documents)),
      debts.fetched.add((name) => this.#onFetched(name)),
      presence.told.add((said) => this.#tell(said)),
    ];
    this.#track(this.#open());
  }

  get state(): FolderSession['state'] {
    return this.#damage === undefined ? (this.#session?.state ?? 'opening') : 'refused';
  }

  get refusal(): Refusal | undefined {
    const { problem } = this.#offers;
    const untaken = problem && { code: problem.code, reason: problem.message, retryAfter: 0 };
    return this.#damage ?? this.#session?.refusal ?? untaken;
  }

  /** Documents of which something that is wanted waits here until the peer has room. */
  get withheld(): DocumentId[] {
    return [...this.#withheld()];
  }

  /** What the peer said when it had no room, if something that is wanted waits for that. */
  get full(): Refusal | undefined {
    return this.#withheld().next().done === true ? undefined : this.#session?.full;
  }

  /** Both sides hold the same, blobs included, as far as it is durable here. */
  get isSettled(): boolean {
    const isSettled = this.#session?.isSettled === true && this.#offers.isIdle;
    return isSettled && this.#isComplete && this.full === undefined;
  }

  /** All that is missing is what cannot be had of the peer: documents, blobs, or room. */
  get isStalled(): boolean {
    return this.#isQuiet && !this.isSettled && (this.#isComplete || this.#fetches.isStalled);
  }

  get #isQuiet(): boolean {
    return this.#session?.isQuiet === true && this.#offers.isIdle;
  }

  get #isComplete(): boolean {
    return this.#options.folder.debts.wantedBlobs.size === 0;
  }

  *#withheld(): Generator<DocumentId> {
    const { folder } = this.#options;
    for (const document of this.#session?.withheld ?? []) if (!folder.isGone(document)) yield document;
  }

  /** Milliseconds after which the peer wants to be asked again, told once; 0: not by itself. */
  takeRetry(): number {
    const retryAfter = this.#retryTold ? 0 : (this.refusal?.retryAfter ?? 0);
    if (retryAfter > 0) this.#retryTold = true;
    return retryAfter;
  }

  receive(message: FromRelay): void {
    if (message.type === 'WANTED') return this.#offers.ask(message.names);
    if (message.type === 'AWARENESS') return this.#options.folder.presence.heard(message);
    this.#guard((session) => this.#run(session, session.receive(message)));
  }

  /** Leaves the connection. Resolves when what is being appended is durable. */
  async stop(): Promise<void> {
    for (const stop of this.#stopWatching) stop();
    this.#left?.();
    this.#abort.abort();
    this.#room.stop();
    this.#late.write();
    await Promise.all([this.#offers.stop(), this.#fetches.stop()]);
    await Promise.allSettled(this.#running);
  }

  async #open(): Promise<void> {
    const { folder, peer, channel, frameBytes } = this.#options;
    // An earlier channel may have taken the cursor back: that counts, so it has to be in the store. And what came on it is still to be
    // durable, while this one begins with all of its credit.
    await folder.committer.idle();
    const progress = await readProgress(folder.store, folder.id, peer);
    if (this.#abort.signal.aborted) return;
    const { id, device, author, takesStates, log, debts } = folder;
    this.#session = new FolderSession({
      folder: id,
      device,
      author,
      takesStates,
      checkState: (body) => folder.checkState(body),
      isUrgent: (document) => folder.bodies.isUrgent(document),
      channel,
      peer,
      log,
      debts,
      progress,
      frameBytes,
    });
    this.#run(this.#session, this.#session.open());
  }

  #onAppended({ entries }: Appended): void {
    this.#guard((session) => this.#run(session, session.grew(entries)));
    this.#fetches.look();
  }

  #onMissed(): void {
    if (this.state === 'live') this.#fetches.look();
    this.#options.changed();
  }

  #onAsked(documents: readonly DocumentId[]): void {
    this.#guard((session) => {
      session.asked(documents);
      this.#run(session, []);
    });
    if (this.state === 'live') this.#fetches.again();
  }

  /** By this link or by another one: of a link that waits for nothing else it is news. */
  #onFetched(name: BlobName): void {
    this.#offers.fetched(name);
    if (this.#options.folder.debts.wantedBlobs.size === 0) this.#options.changed();
  }

  #guard(act: (session: FolderSession) => void): void {
    if (this.#session === undefined || this.#abort.signal.aborted) return;
    try {
      act(this.#session);
    } catch (error) {
      this.#fail(asError(error));
    }
  }

  #run(session: FolderSession, effects: readonly Effect[]): void {
    let wanted = effects;
    do {
      for (const effect of wanted) this.#perform(session, effect);
      wanted = session.next();
    } while (wanted.length > 0);
    if (session.state === 'live') this.#isLive();
    else this.#left?.();
    if (session.withheld.size > 0) this.#room.later(session.full?.retryAfter);
    else if (session.isSettled) this.#room.found();
    this.#options.changed();
  }

  #tryAgain(): void {
    this.#guard((session) => {
      session.tryAgain();
      this.#run(session, []);
    });
  }

  #isLive(): void {
    this.#fetches.look();
    if (this.#isPresent) return;
    this.#isPresent = true;
    const { folder, peer } = this.#options;
    this.#left = folder.bodies.entered(peer);
    for (const said of folder.presence.states()) this.#tell(said);
  }

  /** Who is not in step does not know the documents yet: it is told when it is. */
  #tell({ document, state }: DocumentState): void {
    const { send, channel } = this.#options;
    if (this.state === 'live') send({ type: 'AWARENESS', channel, document, state });
  }

  #perform(session: FolderSession, effect: Effect): void {
    if (effect.type === 'send') this.#options.send(effect.message);
    else if (effect.type === 'put') this.#put(effect);
    else if (effect.type === 'append') this.#append(session, effect);
    else if (effect.type === 'keep') this.#late.give(effect.rows);
    else if (effect.type === 'reopen') this.#options.reopen(effect.why);
    else this.#track(this.#read(session, effect));
  }

  #append(session: FolderSession, { records, beside, came, bytes }: Effect & { type: 'append' }): void {
    const { folder, source, took } = this.#options;
    const { durable } = folder.log.append(records, { beside, source });
    const settle = async (): Promise<void> => {
      await durable;
      took(bytes);
      session.stored(came);
      this.#guard(() => this.#run(session, []));
    };
    this.#track(settle());
  }

  async #read(session: FolderSession, { request }: Effect & { type: 'read' }): Promise<void> {
    const { records, through } = await readOwnLog(this.#options.folder.log, request);
    this.#guard(() => this.#run(session, session.read(request, records, through)));
  }

  /** PUTs leave in their order: what the peer does not take keeps those behind it as well. */
  #put({ message, blobs, put }: Effect & { type: 'put' }): void {
    if (blobs.size === 0 && this.#waiting === 0 && !this.#offers.isRefused)
      return this.#options.send(message);
    this.#waiting += 1;
    const give = async (): Promise<void> => {
      const given = await this.#offers.give(blobs);
      this.#waiting -= 1;
      if (given === 'given') this.#options.send(message);
      else if (given === 'full') this.#guard((session) => this.#run(session, session.unsent(put)));
    };
    this.#track(this.#puts.run(give));
  }

  #fail(error: EvermeshError): void {
    if (!OF_FOLDER.has(error.code)) return this.#options.fail(error);
    const { folder, logger } = this.#options;
    logger.error('a folder is damaged', { folder: folder.id, code: error.code, error: error.message });
    this.#damage = { code: error.code, reason: error.message, retryAfter: 0 };
    this.#left?.();
    this.#session?.refuse(this.#damage);
    this.#options.changed();
  }

  #track(work: Promise<unknown>): void {
    const ended = work
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.#fail(asError(error));
      })
      .finally(() => this.#running.delete(ended));
    this.#running.add(ended);
  }
}
