/**
 * What became durable together in a folder's log, handed on together: in as few LIVE frames as it fits in, each encoded once for all
 * readers that use the same channel number. Most devices have few folders, and most readers of a frame put nothing of it.
 */
import { Listeners } from '@evermesh/core/base';
import type { Appended, FolderLog, LogEntry } from '@evermesh/core/log';
import { encodeMessage, type LogRecord, type Position } from '@evermesh/core/protocol';

/** How much of one round is in a frame, in bytes of records; what was put at once is never divided, and is less than a frame may hold. */
const PAGE_BYTES = 256 * 1024;

export class LiveRound {
  /** Tells, page by page, of what is durable behind all that was told before. */
  readonly pages: Listeners<LivePage> = new Listeners();
  readonly stop: () => void;
  #appended: Appended[] = [];

  constructor(log: FolderLog) {
    this.stop = log.appended.add((appended) => this.#add(appended));
  }

  /** The log tells of all that one batch made durable before anything else happens: the round comes behind that. */
  #add(appended: Appended): void {
    this.#appended.push(appended);
    if (this.#appended.length === 1) queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    const appended = this.#appended;
    this.#appended = [];
    for (const page of pagesOf(appended)) this.pages.emit(page);
  }
}

/** What one frame holds, unless a reader put some of it, or was told of some of it before. */
export class LivePage {
  readonly #appended: readonly Appended[];
  /** How many records there are. */
  readonly #length: number;
  /** With all of them, by channel number. */
  readonly #frames = new Map<number, Uint8Array>();

  constructor(appended: readonly Appended[]) {
    this.#appended = appended;
    this.#length = appended.reduce((sum, { entries }) => sum + entries.length, 0);
  }

  /** The place behind its last record. */
  get through(): Position {
    const last = this.#appended.at(-1)?.entries.at(-1) as LogEntry;
    return { seq: last.seq, digest: last.digest };
  }

  some(isSuch: (record: LogRecord) => boolean): boolean {
    return this.#appended.some(({ entries }) => entries.some(({ record }) => isSuch(record)));
  }

  /** What to send to who was told of everything up to `told`; `undefined` if all the rest has this source. */
  frame(source: unknown, told: number, channel: number): Uint8Array | undefined {
    const news = this.#appended.flatMap((each) => (each.source === source ? [] : each.entries));
    const entries = news.filter(({ seq }) => seq > told);
    if (entries.length === 0) return undefined;
    const isAll = entries.length === this.#length;
    const frame = (isAll ? this.#frames.get(channel) : undefined) ?? this.#encode(entries, channel);
    if (isAll) this.#frames.set(channel, frame);
    return frame;
  }

  #encode(entries: readonly LogEntry[], channel: number): Uint8Array {
    const records = entries.map(({ bytes }) => bytes);
    return encodeMessage({ type: 'LIVE', channel, through: this.through, records });
  }
}

function* pagesOf(all: readonly Appended[]): Generator<LivePage> {
  let page: Appended[] = [];
  let bytes = 0;
  for (const appended of all) {
    const more = appended.entries.reduce((sum, entry) => sum + entry.bytes.byteLength, 0);
    if (page.length > 0 && bytes + more > PAGE_BYTES) {
      yield new LivePage(page);
      page = [];
      bytes = 0;
    }
    page.push(appended);
    bytes += more;
  }
  if (page.length > 0) yield new LivePage(page);
}
