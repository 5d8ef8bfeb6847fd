/**
 * The folders that somebody uses: each has one log, opened on demand and dropped when nobody needs it any more.
 *
 * A relay that did not end cleanly may have shown what its disk then lost. Its logs get new epochs, so that no device
 * takes up a cursor in them. Rows of the relay's own:
 *
 * - `relay/clean`              there while the relay is stopped in good order
 * - `relay/suspect/<folder>`   the log was there at an unclean start and was not opened since: its epoch is to be renewed
 */
import { type Clock, EMPTY, type FolderId, type Random, SerialQueue } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import {
  Committer,
  type Compactor,
  FolderLog,
  folderPrefix,
  logKey,
  prefixEnd,
  type Retention,
  type Store,
} from '@evermesh/core/log';
import { AwarenessRound, type FolderReader } from './awareness-round.ts';
import { LiveRound } from './live-round.ts';

const CLEAN_KEY = 'relay/clean';
const suspectKey = (folder: FolderId): string => `relay/suspect/${folder}`;

export interface OpenFolder {
  readonly log: FolderLog;
  /** Everything that is put to the folder goes through here. */
  readonly puts: SerialQueue;
  /** What becomes durable in it. */
  readonly live: LiveRound;
  readonly readers: Set<FolderReader>;
  /** What they say of who is where. */
  readonly awareness: AwarenessRound;
  /** What compacts the log, and knows what a state is. */
  readonly compactor: Compactor;
  /** Ends that. */
  readonly stop: () => void;
}

export interface LogUpkeep {
  readonly clock: Clock;
  /** Milliseconds between two synced batches, at least. Default: 0. */
  readonly syncEvery: number | undefined;
  readonly compactor: Compactor;
  readonly retention: (committer: Committer) => Retention;
}

interface Entry {
  readonly opening: Promise<OpenFolder>;
  users: number;
}

export class FolderRegistry {
  readonly committer: Committer;
  readonly #store: Store;
  readonly #random: Random;
  readonly #compactor: Compactor;
  readonly #retention: Retention;
  readonly #entries = new Map<FolderId, Entry>();

  /**
   * @param store open
   * @param upkeep what compacts the folders' logs, and keeps them within bounds; the registry closes it
   */
  static async open(store: Store, random: Random, upkeep: LogUpkeep): Promise<FolderRegistry> {
    await noteSuspects(store);
    const { clock, syncEvery = 0 } = upkeep;
    const committer = new Committer(store, syncEvery > 0 ? { clock, every: syncEvery } : undefined);
    return new FolderRegistry({
      store,
      committer,
      random,
      compactor: upkeep.compactor,
      retention: upkeep.retention(committer),
    });
  }

  private constructor(parts: {
    readonly store: Store;
    readonly committer: Committer;
    readonly random: Random;
    readonly compactor: Compactor;
    readonly retention: Retention;
  }) {
    this.#store = parts.store;
    this.committer = parts.committer;
    this.#random = parts.random;
    this.#compactor = parts.compactor;
    this.#retention = parts.retention;
  }

  /** Folders of which the log is open. */
  get open(): number {
    return this.#entries.size;
  }

  async isKnown(folder: FolderId): Promise<boolean> {
    return this.#entries.has(folder) || (await this.#store.get(logKey(folder))) !== undefined;
  }

  /**
   * Opens a folder for one more user, who calls `release` in the end.
   * @throws FOLDER_NOT_FOUND if the relay has no such folder and is not to begin one
   */
  async acquire(folder: FolderId, create: boolean): Promise<OpenFolder> {
    const isKnown = await this.isKnown(folder);
    if (!isKnown && !create) {
      throw new EvermeshError('FOLDER_NOT_FOUND', `The relay has no folder ${folder}.`, {
        details: { folder },
      });
    }
    let entry = this.#entries.get(folder);
    if (entry === undefined) {
      entry = { opening: this.#open(folder), users: 0 };
      this.#entries.set(folder, entry);
    }
    entry.users += 1;
    try {
      return await entry.opening;
    } catch (error) {
      if (this.#entries.get(folder) === entry) this.#entries.delete(folder);
      throw error;
    }
  }

  /** Nothing of the user's is being written any more: a log must not be open twice. */
  release(folder: FolderId): void {
    const entry = this.#entries.get(folder);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users === 0) void this.#leave(folder, entry);
  }

  /** Whoever comes only for a moment leaves documents that are due: their log stays open until they are compacted. */
  async #leave(folder: FolderId, entry: Entry): Promise<void> {
    const { log, stop } = await entry.opening;
    await this.#compactor.rested(log);
    await this.#retention.rested(log);
    // Somebody may have come meanwhile, and have left again.
    if (entry.users > 0 || this.#entries.get(folder) !== entry) return;
    stop();
    this.#entries.delete(folder);
  }

  /** After everything was written: the next start may trust the logs. What is being compacted is left as it is. */
  async close(): Promise<void> {
    this.committer.hurry();
    const retained = this.#retention.close();
    await this.#compactor.close();
    await retained;
    if (this.committer.failure !== undefined) return;
    await this.committer.idle();
    await this.committer.commit([{ type: 'put', key: CLEAN_KEY, value: EMPTY }]);
  }

  async #open(folder: FolderId): Promise<OpenFolder> {
    const { committer } = this;
    const renewEpoch = (await this.#store.get(suspectKey(folder))) !== undefined;
    const log = await FolderLog.open({
      store: this.#store,
      committer,
      folder,
      random: this.#random,
      renewEpoch,
    });
    if (renewEpoch) await committer.commit([{ type: 'del', key: suspectKey(folder) }]);
    const compactor = this.#compactor;
    const live = new LiveRound(log);
    const stops = [compactor.watch(log), this.#retention.watch(log), live.stop];
    const stop = (): void => {
      for (const end of stops) end();
    };
    const readers = new Set<FolderReader>();
    const awareness = new AwarenessRound(readers);
    return { log, puts: new SerialQueue(), live, readers, awareness, compactor, stop };
  }
}

/** Nobody is served yet, so nobody waits for more to write. */
async function noteSuspects(store: Store): Promise<void> {
  const committer = new Committer(store);
  const wasClean = (await store.get(CLEAN_KEY)) !== undefined;
  if (wasClean) return committer.commit([{ type: 'del', key: CLEAN_KEY }]);
  for await (const folder of foldersOf(store))
    await committer.commit([{ type: 'put', key: suspectKey(folder), value: EMPTY }]);
}

/** One look at the store a folder: what is in it is passed over. */
async function* foldersOf(store: Store): AsyncGenerator<FolderId> {
  const all = folderPrefix('' as FolderId).slice(0, -1);
  let next: string | undefined = all;
  while (next !== undefined) {
    const from: string = next;
    next = undefined;
    for await (const [key] of store.iterator({ gte: from, lt: prefixEnd(all), limit: 1 })) {
      const folder = key.slice(all.length).split('/', 1)[0] as FolderId;
      yield folder;
      next = prefixEnd(folderPrefix(folder));
    }
  }
}
