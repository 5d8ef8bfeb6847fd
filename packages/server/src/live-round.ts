/**
 * What became durable together in a folder's log, handed on together: in as few LIVE frames as it fits in, each encoded once for all
 * readers that use the same channel number. Most devices have few folders, and most readers of a frame put nothing of it.
 */
import { Listeners } from '@evermesh/core/base';
import type { Appended, FolderLog, LogEntry } from '@evermesh/core/log';
import { bytesOf, encodeMessage, type LogRecord, type Position } from '@evermesh/core/protocol';
import { pagesOf as changedPagesOf } from './changed-pages.ts';

/** How much of one round is in a frame, in bytes of records; what was put at once is never divided. */
const PAGE_BYTES = 256 * 1024;

export class LiveRound {
  /** Tells, page by page, of what is durable behind all that was told before. */
  readonly pages: Listeners<LivePage> = new Listeners();
  readonly stop: () => void;
  readonly #log: FolderLog;
  #appended: Appended[] = [];

  constructor(log: FolderLog) {
    this.#log = log;
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
    for (const page of pagesOf(appended, this.#log)) this.pages.emit(page);
  }
}

export interface LiveFrame {
  readonly frame: Uint8Array;
  /** What its records count for. */
  readonly bytes: number;
}

/** What one frame holds, unless a reader put some of it, or was told of some of it before. */
export class LivePage {
  readonly #log: FolderLog;
  readonly #appended: readonly Appended[];
  /** How many records there are. */
  readonly #length: number;
  /** With all of them, by channel number. */
  readonly #frames = new Map<number, LiveFrame>();
  /** What stands for it, by channel number. */
  readonly #changed = new Map<number, readonly Uint8Array[]>();

  constructor(appended: readonly Appended[], log: FolderLog) {
    this.#log = log;
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

  /**
   * What to send to who was told of everything up to `told`; `undefined` if all the rest has this source. It may be longer than a frame can
   * be: then CHANGED stands for it.
   */
  frame(source: unknown, told: number, channel: number): LiveFrame | undefined {
    const news = this.#appended.flatMap((each) => (each.source === source ? [] : each.entries));
    const entries = news.filter(({ seq }) => seq > told);
    if (entries.length === 0) return undefined;
    const isAll = entries.length === this.#length;
    const frame = (isAll ? this.#frames.get(channel) : undefined) ?? this.#encode(entries, channel);
    if (isAll) this.#frames.set(channel, frame);
    return frame;
  }

  /** CHANGED in place of it, for who takes no records now: of a large folder nothing else is looked at. */
  changed(channel: number): readonly Uint8Array[] {
    const known = this.#changed.get(channel);
    if (known !== undefined) return known;
    const { epoch } = this.#log;
    const names = this.#appended.flatMap(({ entries }) =>
      entries.map(({ record }) => record.header.document),
    );
    const documents = [...new Set(names)].flatMap((name) => this.#log.document(name) ?? []);
    const pages = [...changedPagesOf(documents, { epoch, ...this.through })];
    const frames = pages.map((page) => encodeMessage({ type: 'CHANGED', channel, ...page }));
    this.#changed.set(channel, frames);
    return frames;
  }

  #encode(entries: readonly LogEntry[], channel: number): LiveFrame {
    const records = entries.map(({ bytes }) => bytes);
    const frame = encodeMessage({ type: 'LIVE', channel, through: this.through, records });
    return { frame, bytes: bytesOf(records) };
  }
}

function* pagesOf(all: readonly Appended[], log: FolderLog): Generator<LivePage> {
  let page: Appended[] = [];
  let bytes = 0;
  for (const appended of all) {
    const more = appended.entries.reduce((sum, entry) => sum + entry.bytes.byteLength, 0);
    if (page.length > 0 && bytes + more > PAGE_BYTES) {
      yield new LivePage(page, log);
      page = [];
      bytes = 0;
    }
    page.push(appended);
    bytes += more;
  }
  if (page.length > 0) yield new LivePage(page, log);
}
