/** A session whose effects are done at once, on a real log; what it sends is kept, and a test speaks for the peer. */
import type { DocumentId, Epoch } from '../../base/index.ts';
import { readProgress } from '../../log/index.ts';
import {
  type ChangedDocument,
  type Cursor,
  decodeRecord,
  encodeRecord,
  type FromDevice,
  type FromRelay,
  type Heads,
  LIMITS,
  type LogRecord,
  type Opened,
  type Position,
} from '../../protocol/index.ts';
import { FolderSession } from '../folder-session.ts';
import { readOwnLog } from '../own-log.ts';
import type { Effect } from '../session-effects.ts';
import type { TestFolder } from './test-folder.ts';

export const PEER = 'peer';
export const EPOCH = 'e1'.repeat(16) as Epoch;
const CHANNEL = 1;

/** A place in the peer's log; equal numbers are equal places. */
export const place = (seq: number): Position => ({ seq, digest: new Uint8Array(16).fill(seq) });
export const cursorAt = (seq: number, epoch: Epoch = EPOCH): Cursor => ({ epoch, ...place(seq) });

export class Conversation {
  readonly session: FolderSession;
  /** How often the device wanted the channel opened anew. */
  reopened = 0;
  readonly #folder: TestFolder;
  readonly #peer: string;
  #sent: FromDevice[] = [];

  /** The device has sent OPEN. */
  static async begin(
    folder: TestFolder,
    options: { frameBytes?: number; peer?: string } = {},
  ): Promise<Conversation> {
    const peer = options.peer ?? PEER;
    const progress = await readProgress(folder.store, folder.id, peer);
    const { id, device, author, takesStates, log, debts } = folder;
    const frameBytes = options.frameBytes ?? LIMITS.frameBytes;
    const session = new FolderSession({
      folder: id,
      device,
      author,
      takesStates,
      checkState: (body) => folder.checkState(body),
      isUrgent: (document) => folder.bodies.isUrgent(document),
      channel: CHANNEL,
      peer,
      log,
      debts,
      progress,
      frameBytes,
    });
    const conversation = new Conversation(folder, session, peer);
    await conversation.#do(session.open());
    return conversation;
  }

  private constructor(folder: TestFolder, session: FolderSession, peer: string) {
    this.#folder = folder;
    this.#peer = peer;
    this.session = session;
    folder.log.appended.add(({ entries }) => void this.#do(session.grew(entries)));
  }

  /** What the device sent since this was last asked. */
  take(): FromDevice[] {
    return this.#sent.splice(0);
  }

  async say(message: FromRelay): Promise<void> {
    await this.#do(this.session.receive(message));
  }

  async opened(seq: number, options: Partial<Opened> = {}): Promise<void> {
    const opened = { type: 'OPENED', channel: CHANNEL, grant: 'write', resumed: false } as const;
    await this.say({ ...opened, cursor: cursorAt(seq), ...options });
  }

  async changed(documents: Record<string, Heads>, seq?: number): Promise<void> {
    const all = Object.entries(documents).map(([document, heads]): ChangedDocument => ({
      document: document as DocumentId,
      seq: 1,
      bytes: 1,
      heads,
    }));
    const through = seq === undefined ? undefined : cursorAt(seq);
    await this.say({ type: 'CHANGED', channel: CHANNEL, documents: all, through });
  }

  async records(records: readonly LogRecord[], ...done: string[]): Promise<void> {
    const bytes = records.map(encodeRecord);
    await this.say({ type: 'RECORDS', channel: CHANNEL, records: bytes, done: done as DocumentId[] });
  }

  async unsent(...documents: string[]): Promise<void> {
    await this.say({ type: 'UNSENT', channel: CHANNEL, documents: documents as DocumentId[] });
  }

  async live(records: readonly LogRecord[], seq: number): Promise<void> {
    const bytes = records.map(encodeRecord);
    await this.say({ type: 'LIVE', channel: CHANNEL, records: bytes, through: place(seq) });
  }

  async ack(record: LogRecord, seq: number): Promise<void> {
    const { counter } = record.header;
    await this.say({ type: 'ACK', channel: CHANNEL, counter, through: place(seq) });
  }

  async gap(document: string, heads: Heads): Promise<void> {
    await this.say({ type: 'GAP', channel: CHANNEL, document: document as DocumentId, heads });
  }

  /** The device looks for room. */
  async tryAgain(): Promise<void> {
    this.session.tryAgain();
    await this.#do([]);
  }

  /** How far the device has kept that it has read, and what of its own log needs no sending. */
  async kept(): Promise<{ seq: number; acknowledged: number } | undefined> {
    await this.#folder.log.idle();
    const progress = await readProgress(this.#folder.store, this.#folder.id, this.#peer);
    return progress && { seq: progress.cursor.seq, acknowledged: progress.acknowledged };
  }

  async #do(effects: readonly Effect[]): Promise<void> {
    for (let wanted = effects; wanted.length > 0; wanted = this.session.next())
      for (const effect of wanted) await this.#perform(effect);
    const further = this.session.next();
    if (further.length > 0) await this.#do(further);
  }

  async #perform(effect: Effect): Promise<void> {
    if (effect.type === 'send' || effect.type === 'put') this.#sent.push(effect.message);
    else if (effect.type === 'append') {
      const { records, beside, came } = effect;
      await this.#folder.log.append(records, { beside }).durable;
      this.session.stored(came);
    } else if (effect.type === 'keep') this.#folder.committer.commitLater(effect.rows);
    else if (effect.type === 'reopen') this.reopened += 1;
    else {
      const { records, through } = await readOwnLog(this.#folder.log, effect.request);
      await this.#do(this.session.read(effect.request, records, through));
    }
  }
}

/** The records of PUTs as `document counter`, each PUT a list. */
export const puts = (messages: readonly FromDevice[]): string[][] =>
  messages.flatMap((message) =>
    message.type === 'PUT'
      ? [
          message.records.map((bytes) => {
            const { document, counter } = decodeRecord(bytes).header;
            return `${document} ${counter}`;
          }),
        ]
      : [],
  );
