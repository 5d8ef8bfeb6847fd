/**
 * How many bytes a folder may have at the relay: of records, as they were put, and as many of blobs. What is there is counted
 * when somebody first writes, and then as it comes.
 */
import type { FolderId } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { FolderLog } from '@evermesh/core/log';
import { isHeld, type LogRecord } from '@evermesh/core/protocol';

export interface Reservation {
  /** The same pieces, until there is no room for the next one. @throws QUOTA_EXCEEDED */
  counted(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** @throws QUOTA_EXCEEDED */
  take(bytes: number): void;
  /** Gives back what was taken: it was not kept. */
  release(): void;
}

interface Count {
  bytes: number;
}

export class FolderQuota {
  readonly #limit: number;
  readonly #records = new WeakMap<FolderLog, Count>();
  readonly #blobs = new Map<FolderId, Promise<Count>>();

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * What is on its way to the disk does not count yet, and is bounded by what the relay takes from a socket at one time.
   * @throws QUOTA_EXCEEDED: nothing of these is to be stored
   */
  checkRecords(log: FolderLog, records: readonly LogRecord[]): void {
    const isNew = ({ header }: LogRecord): boolean => !isHeld(log.assignedHeads(header.document), header);
    const bytes = records.filter(isNew).reduce((size, { body }) => size + body.byteLength, 0);
    // A repeat has its room already, and is to be acknowledged.
    if (bytes === 0 || this.#countOf(log).bytes + bytes <= this.#limit) return;
    // Older records may have gone since it was counted.
    const count = this.#countOf(log);
    count.bytes = bytesOf(log);
    if (count.bytes + bytes > this.#limit) throw exceeded(log.folder, 'records');
  }

  /** @param present the sizes of the blobs that the folder has, asked for once */
  async reserve(folder: FolderId, present: () => AsyncIterable<number>): Promise<Reservation> {
    let counting = this.#blobs.get(folder);
    if (counting === undefined) {
      counting = sum(present());
      this.#blobs.set(folder, counting);
      // Whoever comes next counts anew.
      counting.catch(() => this.#blobs.delete(folder));
    }
    const count = await counting;
    let taken = 0;
    const take = (bytes: number): void => {
      if (count.bytes + bytes > this.#limit) throw exceeded(folder, 'blobs');
      count.bytes += bytes;
      taken += bytes;
    };
    const release = (): void => {
      count.bytes -= taken;
      taken = 0;
    };
    return { take, release, counted: (pieces) => eachCounted(pieces, take) };
  }

  #countOf(log: FolderLog): Count {
    const known = this.#records.get(log);
    if (known !== undefined) return known;
    const count = { bytes: bytesOf(log) };
    log.appended.add(({ entries }) => {
      for (const { bytes } of entries) count.bytes += bytes.byteLength;
    });
    this.#records.set(log, count);
    return count;
  }
}

function bytesOf(log: FolderLog): number {
  let all = 0;
  for (const { bytes } of log.documents()) all += bytes;
  return all;
}

async function* eachCounted(
  pieces: AsyncIterable<Uint8Array>,
  take: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    take(piece.byteLength);
    yield piece;
  }
}

async function sum(sizes: AsyncIterable<number>): Promise<Count> {
  const count = { bytes: 0 };
  for await (const size of sizes) count.bytes += size;
  return count;
}

function exceeded(folder: FolderId, what: 'records' | 'blobs'): EvermeshError {
  const reason = `The relay keeps no more ${what} of this folder.`;
  return new EvermeshError('QUOTA_EXCEEDED', reason, { details: { folder } });
}
