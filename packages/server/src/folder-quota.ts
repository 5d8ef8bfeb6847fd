/**
 * How many bytes a folder may have at the relay: of records, as they were put, and as many of blobs. What is there is counted
 * when somebody first writes, and then as it comes. A sixteenth beyond that is the tree's alone: where a folder is full, files can still
 * be removed and renamed.
 */
import { type BlobName, type FolderId, TREE_DOCUMENT } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { FolderLog } from '@evermesh/core/log';
import { isHeld, type LogRecord } from '@evermesh/core/protocol';

/** Of what a folder may have: so much more of the tree's records. */
const FOR_TREE = 16;

interface Count {
  bytes: number;
}

/** Those who bring one blob. */
interface Bringers {
  count: number;
  hasKept: boolean;
}

interface ArrivalParts {
  readonly bringers: Bringers;
  /** The last of them is gone. */
  readonly gone: () => void;
  /** @throws QUOTA_EXCEEDED */
  readonly fits: (count: Count, bytes: number) => void;
  readonly counting: () => Promise<Count>;
}

/** A blob that somebody brings: it takes room as it comes, and once, however many bring it at the same time. */
export class Arrival {
  readonly #parts: ArrivalParts;
  #count: Count | undefined;
  #taken = 0;

  constructor(parts: ArrivalParts) {
    this.#parts = parts;
    parts.bringers.count += 1;
  }

  /** The folder does not have it: what comes is to be counted. */
  async begin(): Promise<void> {
    this.#count = await this.#parts.counting();
  }

  /** The same pieces, until there is no room for the next one. @throws QUOTA_EXCEEDED */
  async *counted(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.take(piece.byteLength);
      yield piece;
    }
  }

  /** @throws QUOTA_EXCEEDED */
  take(bytes: number): void {
    // What is here takes no more room; but what is sent under its name need not be that, and lies on the disk until all of it was read.
    this.#parts.fits(this.#count ?? { bytes: this.#taken }, bytes);
    if (this.#count !== undefined) this.#count.bytes += bytes;
    this.#taken += bytes;
  }

  /** It is durable: the room is its own, unless another who brought it has that already. */
  kept(): void {
    const { bringers } = this.#parts;
    if (this.#count === undefined || bringers.hasKept) return;
    bringers.hasKept = true;
    this.#taken = 0;
  }

  /** Called once, in the end: what was taken for nothing is given back. */
  leave(): void {
    const { bringers, gone } = this.#parts;
    if (this.#count !== undefined) this.#count.bytes -= this.#taken;
    bringers.count -= 1;
    if (bringers.count === 0) gone();
  }
}

export class FolderQuota {
  readonly #limit: number;
  readonly #records = new WeakMap<FolderLog, Count>();
  readonly #blobs = new Map<FolderId, Promise<Count>>();
  readonly #bringers = new Map<string, Bringers>();

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * What is on its way to the disk does not count yet, and is bounded by what the relay takes from a socket at one time.
   * @param sizes of each record, in bytes, with its header
   * @throws QUOTA_EXCEEDED: nothing of these is to be stored
   */
  checkRecords(log: FolderLog, records: readonly LogRecord[], sizes: readonly number[]): void {
    const isNew = ({ header }: LogRecord): boolean => !isHeld(log.assignedHeads(header.document), header);
    const bytes = sizes.reduce((all, size, i) => (isNew(records[i] as LogRecord) ? all + size : all), 0);
    const isOfTree = records.every(({ header }) => header.document === TREE_DOCUMENT);
    const limit = isOfTree ? this.#limit + Math.floor(this.#limit / FOR_TREE) : this.#limit;
    // A repeat has its room already, and is to be acknowledged.
    if (bytes === 0 || this.#countOf(log).bytes + bytes <= limit) return;
    // Older records may have gone since it was counted.
    const count = this.#countOf(log);
    count.bytes = bytesOf(log);
    if (count.bytes + bytes > limit) throw exceeded(log.folder, 'records');
  }

  /** Somebody brings a blob. He says so before he looks whether it is here: what another one keeps in between would count again. */
  arrive(folder: FolderId, name: BlobName, present: () => AsyncIterable<number>): Arrival {
    const key = `${folder} ${name}`;
    const bringers = this.#bringers.get(key) ?? { count: 0, hasKept: false };
    this.#bringers.set(key, bringers);
    const gone = (): void => void this.#bringers.delete(key);
    const fits = (count: Count, bytes: number): void => {
      if (count.bytes + bytes > this.#limit) throw exceeded(folder, 'blobs');
    };
    return new Arrival({ bringers, gone, fits, counting: () => this.#countBlobs(folder, present) });
  }

  #countBlobs(folder: FolderId, present: () => AsyncIterable<number>): Promise<Count> {
    const known = this.#blobs.get(folder);
    if (known !== undefined) return known;
    const counting = sum(present());
    this.#blobs.set(folder, counting);
    // Whoever comes next counts anew.
    counting.catch(() => this.#blobs.delete(folder));
    return counting;
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

async function sum(sizes: AsyncIterable<number>): Promise<Count> {
  const count = { bytes: 0 };
  for await (const size of sizes) count.bytes += size;
  return count;
}

function exceeded(folder: FolderId, what: 'records' | 'blobs'): EvermeshError {
  const reason = `The relay keeps no more ${what} of this folder.`;
  return new EvermeshError('QUOTA_EXCEEDED', reason, { details: { folder } });
}
