/**
 * A database on a simulated disk: what `abstract-level` over LevelDB promises, and not more. A batch is whole or not there.
 * One that was not synced may be gone after a power cut, with every later one.
 */
import type { StoreOperation, StoreRange } from '@evermesh/core';
import { Copies } from './copies.ts';
import type { SimProcess } from './sim-process.ts';

export class SimDatabase {
  readonly #rows = new Map<string, Uint8Array>();
  readonly #copies: Copies = new Copies();
  /** Its keys, in order. */
  #keys: string[] = [];
  /** What takes back each batch that is not synced. */
  #unsynced: (() => void)[] = [];
  /** Bytes that still fit. */
  #room: number = Number.POSITIVE_INFINITY;
  /** Batches that are going to fail. */
  #failing = 0;
  #hasFailed = false;
  openIn: SimProcess | undefined;
  /** Batches written so far. */
  writes = 0;

  get(key: string): Uint8Array | undefined {
    return this.#rows.get(key);
  }

  /** The next batches fail. */
  breaks(batches: number): void {
    this.#failing = batches;
  }

  /** So many bytes still fit, blobs included. */
  fill(room: number): void {
    this.#room = room;
  }

  get isFull(): boolean {
    return this.#room !== Number.POSITIVE_INFINITY;
  }

  /** @throws if so many bytes do not fit */
  take(bytes: number): void {
    if (bytes > this.#room) {
      this.#hasFailed = true;
      throw failure('LEVEL_IO_ERROR', 'IO error: No space left on device');
    }
    this.#room -= bytes;
  }

  /** Whether something failed since all was well. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Nothing fails any more. Returns whether something did: the program that saw it is of no use. */
  mend(): boolean {
    const hasFailed = this.#hasFailed;
    this.#failing = 0;
    this.#room = Number.POSITIVE_INFINITY;
    this.#hasFailed = false;
    return hasFailed;
  }

  write(operations: readonly StoreOperation[], sync: boolean): void {
    if (this.#failing > 0) {
      this.#failing -= 1;
      this.#hasFailed = true;
      throw failure('LEVEL_IO_ERROR', 'IO error: Input/output error');
    }
    if (this.isFull) this.take(operations.reduce((sum, operation) => sum + sizeOf(operation), 0));
    this.writes += 1;
    const undo = sync ? undefined : this.#undoing(operations);
    for (const operation of operations) {
      this.#set(operation.key, operation.type === 'put' ? this.#copies.of(operation.value) : undefined);
    }
    if (undo === undefined) this.#unsynced = [];
    else this.#unsynced.push(undo);
  }

  /** The rows of a range as they are now. */
  range({ gte, lt, limit = Number.POSITIVE_INFINITY }: StoreRange): [string, Uint8Array][] {
    const found: [string, Uint8Array][] = [];
    for (let at = this.#place(gte); at < this.#keys.length && found.length < limit; at++) {
      const key = this.#keys[at] as string;
      if (key >= lt) break;
      found.push([key, this.#rows.get(key) as Uint8Array]);
    }
    return found;
  }

  /** @param lost of the batches that are not synced, counted from the last one */
  powerCut(lost: (count: number) => number): void {
    for (let left = lost(this.#unsynced.length); left > 0; left--) this.#unsynced.pop()?.();
    this.#unsynced = [];
  }

  /** Its rows, as a backup has them. */
  copy(): ReadonlyMap<string, Uint8Array> {
    return new Map(this.#rows);
  }

  /** Sets the database back to what a backup has. */
  replace(rows: ReadonlyMap<string, Uint8Array>): void {
    this.#rows.clear();
    for (const [key, value] of rows) this.#rows.set(key, value);
    this.#keys = [...this.#rows.keys()].sort();
    this.#unsynced = [];
  }

  /** What takes these operations back. */
  #undoing(operations: readonly StoreOperation[]): () => void {
    const before = new Map(operations.map(({ key }) => [key, this.#rows.get(key)]));
    return () => before.forEach((value, key) => this.#set(key, value));
  }

  #set(key: string, value: Uint8Array | undefined): void {
    const before = this.#rows.size;
    if (value !== undefined) this.#rows.set(key, value);
    else this.#rows.delete(key);
    if (this.#rows.size === before) return;
    if (value === undefined) this.#keys.splice(this.#place(key), 1);
    else this.#keys.splice(this.#place(key), 0, key);
  }

  /** Where a key stands, or would. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const sizeOf = (operation: StoreOperation): number =>
  operation.key.length + (operation.type === 'put' ? operation.value.byteLength : 0);

export const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });
