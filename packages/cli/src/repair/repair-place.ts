/**
 * Where a repair works: `repair` in the data directory. The new store is built there and takes the place of the damaged one when it is
 * whole; whoever comes after a repair that was killed finds either the old store, or the new one ready to be put in its place.
 *
 * Two repairs, or a repair and a device, keep out of each other's way by the lock of a database that holds nothing: the system takes it
 * back from a process that is killed.
 */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import { EvermeshError, isEvermeshError } from '@evermesh/core';
import { openStore, type Store } from '@evermesh/core/log';
import { exists } from '../exists.ts';

const PLACE = 'repair';

export class RepairPlace {
  readonly data: string;
  readonly #lock: Store;
  #kept: string | undefined;

  /** @throws STORE_LOCKED if a repair works on this data directory already */
  static async begin(data: string): Promise<RepairPlace> {
    const lock = await takeLock(data);
    try {
      await finish(data);
      return new RepairPlace(data, lock);
    } catch (error) {
      await lock.close();
      throw error;
    }
  }

  private constructor(data: string, lock: Store) {
    this.data = data;
    this.#lock = lock;
  }

  /** The store of the device. */
  get store(): string {
    return join(this.data, 'store');
  }

  /** Where a store is built that may take its place. */
  get building(): string {
    return join(this.data, PLACE, 'building');
  }

  /** What survives in a database that does not open. */
  get rows(): string {
    return join(this.data, PLACE, 'rows');
  }

  /** The directory for what was damaged and is replaced. It is kept, and beside those of earlier repairs. */
  async kept(): Promise<string> {
    if (this.#kept !== undefined) return this.#kept;
    const names = new Set(await readdir(this.data));
    let number = 1;
    while (names.has(`damaged-${number}`)) number += 1;
    this.#kept = join(this.data, `damaged-${number}`);
    await mkdir(this.#kept, { mode: 0o700 });
    return this.#kept;
  }

  /** Puts what was built into the place of the damaged store, which is kept. */
  async replaceStore(): Promise<void> {
    const kept = await this.kept();
    await rename(this.building, readyIn(this.data));
    await syncDirectory(join(this.data, PLACE));
    if (await exists(this.store)) await rename(this.store, join(kept, 'store'));
    await syncDirectory(kept);
    await finish(this.data);
  }

  async close(): Promise<void> {
    // While the lock is held: whoever begins next makes the directory anew, and with it another lock.
    await rm(join(this.data, PLACE), { recursive: true, force: true });
    await this.#lock.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * For whoever is about to open the store: ends a repair that was killed. What it had not finished to build is thrown away.
 * @throws STORE_LOCKED if a repair works on it now
 */
export async function endRepair(data: string): Promise<void> {
  if (!(await isRepaired(data))) return;
  const place = await RepairPlace.begin(data);
  await place.close();
}

/** Whether a repair works on a data directory, or was killed there. */
export const isRepaired = (data: string): Promise<boolean> => exists(join(data, PLACE));

export const repairRuns = (data: string, cause?: unknown): EvermeshError =>
  new EvermeshError('STORE_LOCKED', `An 'evermesh doctor' works on ${data}.`, {
    cause,
    details: { next: 'Run the command again when that has ended.' },
  });

const readyIn = (data: string): string => join(data, PLACE, 'store');

/** A store that was built to its end takes its place as soon as that is free. */
async function finish(data: string): Promise<void> {
  const store = join(data, 'store');
  if ((await exists(readyIn(data))) && !(await exists(store))) {
    await rename(readyIn(data), store);
    await syncDirectory(data);
  }
  for (const name of await readdir(join(data, PLACE)))
    if (name !== 'lock') await rm(join(data, PLACE, name), { recursive: true, force: true });
}

async function takeLock(data: string): Promise<Store> {
  await mkdir(join(data, PLACE), { recursive: true, mode: 0o700 });
  const lock = join(data, PLACE, 'lock');
  try {
    return await openStore(levelStore(lock));
  } catch (error) {
    if (isEvermeshError(error, 'STORE_LOCKED')) throw repairRuns(data, error);
    if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
  }
  // Who held it was killed while it was removed. There is nothing in it.
  await rm(lock, { recursive: true, force: true });
  return openStore(levelStore(lock));
}

async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, 'r');
  await handle.sync();
}
