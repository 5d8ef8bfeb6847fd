/**
 * Second names for a database's logs while it opens. A log that LevelDB cannot open or read in that moment it takes for empty,
 * says so in a file of its own alone, and removes it: a process with too many open files would lose all that it had
 * acknowledged last. So what LevelDB wrote down is read before the second names go. A log that was not read gets a new
 * number, behind all others: LevelDB reads such ones when it opens next.
 */
import { link, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LOG } from './level-files/file-names.ts';
import { lastWriteIn, lastWriteOf } from './level-files/last-write.ts';

const KEPT = /^\d+\.log\.kept$/;
const NUMBER = /^(?:MANIFEST-)?(\d+)/;
/** File systems whose files have one name only: there LevelDB is trusted. */
const NO_SECOND_NAMES = ['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'];

export class KeptLogs {
  readonly #directory: string;
  #kept: string[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whether some are left of an earlier opening. */
  static areAmong(names: readonly string[]): boolean {
    return names.some((name) => KEPT.test(name));
  }

  /**
   * What an earlier opening did not read becomes a log again. Whatever a second name is left of: a log is wanting only if the database
   * has not come as far as that goes. Behind newer writes it would hide them. No other process may have the database.
   */
  async putBack(): Promise<void> {
    const names = await readdir(this.#directory);
    let number = Math.max(0, ...names.map((name) => Number(NUMBER.exec(name)?.[1] ?? 0)));
    for (const name of names.filter((one) => KEPT.test(one)).sort(byNumber)) {
      const isWanting = (await lastWriteIn(this.#at(name))) > (await lastWriteOf(this.#directory));
      if (isWanting) await rename(this.#at(name), this.#at(`${String(++number).padStart(6, '0')}.log`));
      else await rm(this.#at(name));
    }
  }

  /** Before LevelDB opens. @throws EEXIST if another process is about to open it */
  async keep(): Promise<void> {
    this.#kept = [];
    const logs = (await readdir(this.#directory)).filter((name) => LOG.test(name));
    try {
      for (const log of logs) {
        await link(this.#at(log), this.#at(`${log}.kept`));
        this.#kept.push(log);
      }
    } catch (error) {
      if (!NO_SECOND_NAMES.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  /**
   * When LevelDB has opened: whether it read them. It writes down which ones it reads, and then which ones it removes: with those
   * that it has read already, that a crash kept it from removing, for these have lower numbers.
   */
  async wereRead(): Promise<boolean> {
    if (this.#kept.length === 0) return true;
    const told = await readFile(this.#at('LOG'), 'utf8');
    const numbers = this.#kept.map((log) => Number.parseInt(log));
    return (
      !told.includes('IO error') &&
      told.includes(`Recovering log #${Math.max(...numbers)}\n`) &&
      numbers.every((number) => told.includes(`Delete type=0 #${number}\n`))
    );
  }

  /** Nobody needs the second names any more: before anything is written to the next log. */
  async letGo(): Promise<void> {
    for (const log of this.#kept) await rm(this.#at(`${log}.kept`), { force: true });
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }
}

const byNumber = (one: string, other: string): number => Number.parseInt(one) - Number.parseInt(other);
