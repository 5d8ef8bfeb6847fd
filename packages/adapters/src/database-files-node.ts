/**
 * What LevelDB leaves to whoever uses it, in its directory: it mends some damage by throwing the rest away, never syncs the name of a
 * log, and needs room on the disk to open.
 */
import { statSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DiskReserve, isFull } from './disk-reserve-node.ts';
import { checkDatabaseFiles, databaseClosed } from './level-files/check-files.ts';
import { HOLDS_ROWS, LOG, TABLE } from './level-files/file-names.ts';
import { ioError } from './level-files/level-error.ts';
import { KeptLogs } from './kept-logs-node.ts';
import { syncDirectory } from './sync-directory.ts';

const LOCKED = 'LEVEL_LOCKED';
const FIRST_MANIFEST = 'MANIFEST-000001';

export class DatabaseFiles {
  readonly #directory: string;
  readonly #reserve: DiskReserve;
  readonly #logs: KeptLogs;
  /** The log whose name is durable, and how long it was when something had been written last. */
  #log = '';
  #length = 0;

  /** @param logBytes as long as logs get that have not become tables yet */
  constructor(directory: string, logBytes: number) {
    this.#directory = directory;
    this.#reserve = new DiskReserve(join(directory, 'reserve'), logBytes);
    this.#logs = new KeptLogs(directory);
  }

  /**
   * Before LevelDB opens: whether there is a database.
   * @param isLocked whether another process has it
   * @throws an error as LevelDB's own, also for damage that LevelDB does not tell of
   */
  async check(isLocked: () => Promise<boolean>): Promise<boolean> {
    const exists = await this.#named(async () => {
      const names = await this.#names();
      if (await this.#isUnborn(names)) {
        // Another process may be making it at this moment, or have made it by now.
        if (await isLocked()) throw locked(this.#directory);
        if (await this.#isUnborn(await this.#names())) await this.#beginAnew(names);
      } else if (KeptLogs.areAmong(names)) {
        if (await isLocked()) throw locked(this.#directory);
        await this.#logs.putBack();
      }
      return names.length > 0;
    });
    if (!exists) return false;
    await checkDatabaseFiles(this.#directory, isLocked);
    return this.#named(async () => {
      if (!(await this.#names()).includes('CURRENT')) return false;
      await this.#logs.keep();
      return true;
    });
  }

  /** When LevelDB did not open: whether it may do so now, for the disk was full and has room. */
  async notOpened(why: unknown): Promise<boolean> {
    // What cannot be put back now is put back before the next opening.
    if (isLockedError(why)) await this.#logs.letGo().catch(() => undefined);
    else await this.#logs.putBack().catch(() => undefined);
    return isFull(why) && (await this.#reserve.release());
  }

  /**
   * When LevelDB has opened: its files have names that outlast a power cut, and it will open again.
   * @throws if it has not read all that it had acknowledged. It is to be closed then; what it did not read is kept
   */
  async opened(): Promise<void> {
    if (!(await this.#logs.wereRead())) throw ioError(`${this.#directory}: a log could not be read`);
    await this.#logs.letGo();
    await syncDirectory(dirname(this.#directory));
    await this.#settle();
    await this.#reserve.begin();
  }

  /**
   * Before a batch of so many bytes.
   * @throws as LevelDB does when the disk is full
   */
  cover(bytes: number): Promise<void> {
    return this.#reserve.cover(bytes);
  }

  /**
   * When LevelDB has written a batch, before the next: a new log, if it went into one, has a name that outlasts a power cut. A
   * batch is in one log, so if the known one grew, that is it.
   */
  async written(): Promise<void> {
    const length = this.#lengthOf(this.#log);
    const hasGrown = length > this.#length;
    this.#length = length;
    if (!hasGrown) await this.#settle();
  }

  async #settle(): Promise<void> {
    const logs = (await readdir(this.#directory)).filter((name) => LOG.test(name));
    const newest = logs.sort((one, other) => Number.parseInt(other) - Number.parseInt(one))[0] ?? '';
    await syncDirectory(this.#directory);
    this.#log = newest;
    // With a batch in it already, which may be all that it will ever have.
    this.#length = this.#lengthOf(newest);
  }

  #lengthOf(log: string): number {
    return statSync(join(this.#directory, log), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Closed, and every batch was whole. */
  closed(): Promise<void> {
    return databaseClosed(this.#directory);
  }

  /**
   * Whether its making was cut off: LevelDB writes a first manifest, names it as the current one, and syncs only the second. After a
   * kill there may be the manifest alone, after a power cut an empty one with its name, or the name alone, with which LevelDB never
   * opens. A database has a log from the moment on in which it can be written to.
   */
  async #isUnborn(names: readonly string[]): Promise<boolean> {
    const isBegun = names.includes(FIRST_MANIFEST);
    const others = names.filter((name) => name !== FIRST_MANIFEST && HOLDS_ROWS.test(name));
    if (!names.includes('CURRENT')) return isBegun && others.length === 0;
    const current = await readFile(join(this.#directory, 'CURRENT'), 'utf8');
    if (current !== `${FIRST_MANIFEST}\n`) return false;
    const tables = others.filter((name) => TABLE.test(name) || LOG.test(name));
    const holding = isBegun ? [FIRST_MANIFEST, ...tables] : tables;
    const stats = await Promise.all(holding.map((name) => stat(join(this.#directory, name))));
    return stats.every(({ size }) => size === 0);
  }

  /** `CURRENT` goes first: whoever is making the database at this moment does not find it then, and fails. */
  async #beginAnew(names: readonly string[]): Promise<void> {
    await rm(join(this.#directory, 'CURRENT'), { force: true });
    for (const name of names.filter((one) => HOLDS_ROWS.test(one)))
      await rm(join(this.#directory, name), { force: true });
  }

  async #named<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isLockedError(error)) throw error;
      throw (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? locked(this.#directory)
        : ioError((error as Error).message, error);
    }
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

const locked = (directory: string): Error =>
  Object.assign(new Error(`IO error: lock ${directory}: already held by process`), { code: LOCKED });

const isLockedError = (error: unknown): boolean => {
  const { code, cause } = error as { readonly code?: string; readonly cause?: { readonly code?: string } };
  return code === LOCKED || cause?.code === LOCKED;
};
