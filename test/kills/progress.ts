/**
 * How far something has come, measured from outside of the process that does it, and a point on the way at which to act.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface Progress {
  readonly unit: string;
  readonly now: number;
  /** Calls `act` once when `now` reaches the point, and returns what calls that off. One point at a time. */
  at(point: number, act: () => void): () => void;
}

/** What a progress of the file system counts, told by its events. */
abstract class Watched implements Progress {
  abstract readonly unit: string;
  readonly #watcher: FSWatcher;
  #point: { readonly at: number; readonly act: () => void } | undefined;
  protected count = 0;

  constructor(directory: string) {
    this.#watcher = watch(
      directory,
      { persistent: false },
      (type, name) => void this.seen(type, String(name)),
    );
  }

  get now(): number {
    return this.count;
  }

  at(point: number, act: () => void): () => void {
    const armed = { at: point, act };
    this.#point = armed;
    return () => {
      if (this.#point === armed) this.#point = undefined;
    };
  }

  close(): void {
    this.#watcher.close();
  }

  protected abstract seen(type: string, name: string): Promise<void> | void;

  protected advance(to: number): void {
    this.count = to;
    const point = this.#point;
    if (point === undefined || to < point.at) return;
    this.#point = undefined;
    point.act();
  }
}

/** The file with which a store keeps room on the disk, and second names of others: nothing is written there. */
const NOTHING_WRITTEN = /^reserve$|\.kept$/;

/** Bytes in the files of a store, each file at its largest: what a compaction removes was written all the same. */
export class StoreProgress extends Watched {
  readonly unit = 'bytes in the store';
  readonly #directory: string;
  readonly #largest = new Map<string, number>();

  constructor(directory: string) {
    super(directory);
    this.#directory = directory;
  }

  protected async seen(_type: string, name: string): Promise<void> {
    if (NOTHING_WRITTEN.test(name)) return;
    const size = await stat(join(this.#directory, name)).then(
      (stats) => stats.size,
      () => 0,
    );
    const before = this.#largest.get(name) ?? 0;
    if (size <= before) return;
    this.#largest.set(name, size);
    this.advance(this.count + size - before);
  }
}

/** Files that a mirror has written: each is a name in its directory for temporaries before it is renamed into place. */
export class WrittenFiles extends Watched {
  readonly unit = 'files written to the disk';
  readonly #directory: string;
  readonly #names = new Set<string>();

  constructor(directory: string) {
    super(directory);
    this.#directory = directory;
  }

  protected seen(type: string, name: string): void {
    if (type !== 'rename' || this.#names.has(name)) return;
    this.#names.add(name);
    this.advance(this.#names.size);
  }

  /** What lies there now. */
  left(): Promise<string[]> {
    return readdir(this.#directory);
  }
}
