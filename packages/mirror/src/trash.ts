/**
 * Where things go that the mirror takes from the disk: `.evermesh/trash/<time>/<path>`. The only way by which it ever
 * removes something that a person may have made.
 */
import type { Clock } from '@evermesh/core';
import { type Disk, parentOf, TRASH } from './disk.ts';
import { codeOf } from './fs/file-system.ts';

/** Days that something stays in the trash, counted from when it was put there. */
export const TRASH_DAYS = 30;
const DAY = 24 * 60 * 60 * 1000;

export class Trash {
  readonly #disk: Disk;
  readonly #clock: Clock;
  /** The day of the last pruning. */
  #pruned: number | undefined;

  constructor(disk: Disk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Moves what is at `from` into the trash, where it is known by `path`. Returns where it is. */
  async put(from: string, path: string = from): Promise<string> {
    const time = new Date(this.#clock.now()).toISOString().replaceAll(':', '.');
    for (let attempt = 0; ; attempt++) {
      const target = `${TRASH}/${time}${attempt === 0 ? '' : `-${attempt}`}/${path}`;
      if ((await this.#disk.lstat(target)) !== undefined) continue;
      try {
        await this.#disk.ensureDirectory(parentOf(target));
        await this.#disk.fs.rename(this.#disk.at(from), this.#disk.at(target));
        // A mirror may run for years.
        if (this.#pruned !== this.#today()) await this.prune();
        return target;
      } catch (error) {
        // Something that was a directory is a file in this trash, or the reverse.
        if (!['ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error)) || attempt > 100)
          throw error;
      }
    }
  }

  /** Removes for good what was put there long ago, as far as it can: what it cannot stays until the next time. */
  async prune(): Promise<void> {
    const { fs } = this.#disk;
    this.#pruned = this.#today();
    // Whatever stands in its place is not emptied.
    if ((await this.#disk.lstat(TRASH).catch(whatever))?.kind !== 'directory') return;
    const listing = await fs.list(this.#disk.at(TRASH)).catch(whatever);
    for (const { name } of listing?.entries ?? []) {
      const put = Date.parse(name.slice(0, 24).replace(/T(\d\d)\.(\d\d)\./, 'T$1:$2:'));
      if (this.#clock.now() - put > TRASH_DAYS * DAY) await this.#destroy(`${TRASH}/${name}`).catch(whatever);
    }
  }

  #today(): number {
    return Math.floor(this.#clock.now() / DAY);
  }

  async #destroy(path: string): Promise<void> {
    const { fs } = this.#disk;
    if ((await this.#disk.lstat(path))?.kind !== 'directory') return fs.unlink(this.#disk.at(path));
    for (const { name } of (await fs.list(this.#disk.at(path))).entries)
      await this.#destroy(`${path}/${name}`);
    return fs.removeDirectory(this.#disk.at(path));
  }
}

const whatever = (): undefined => undefined;
