/**
 * The least that an edit from disk to disk can cost with the same promises, on this machine and at this moment: the
 * system reports the change, three logs (two devices and a relay) are synced one after the other, and the new file and
 * its directory are synced before it is shown.
 */
import { open, rename, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Sight } from './sight.ts';

const COMMITS = 3;
const COMMIT_BYTES = 200;
const FILE_BYTES = 4096;

export class Floor {
  readonly #directory: string;
  readonly #milliseconds: number[] = [];

  static async open(directory: string): Promise<Floor> {
    await mkdir(join(directory, 'left'), { recursive: true });
    await mkdir(join(directory, 'right'), { recursive: true });
    return new Floor(directory);
  }

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** One for each call of `sample`. */
  get milliseconds(): readonly number[] {
    return this.#milliseconds;
  }

  async sample(): Promise<void> {
    const [left, right] = [join(this.#directory, 'left'), join(this.#directory, 'right')];
    const content = new Uint8Array(FILE_BYTES);
    using noticed = new Sight(left, () => true);
    using shown = new Sight(right, () => true);
    const temporary = join(this.#directory, 'edit');
    await writeFile(temporary, content);
    const start = performance.now();
    await rename(temporary, join(left, 'file'));
    await noticed.seen;
    await this.#commits();
    await this.#show(content, right);
    this.#milliseconds.push((await shown.seen) - start);
  }

  async #commits(): Promise<void> {
    await using log = await open(join(this.#directory, 'log'), 'a');
    for (let commit = 0; commit < COMMITS; commit++) {
      await log.appendFile(new Uint8Array(COMMIT_BYTES));
      await log.datasync();
    }
  }

  async #show(content: Uint8Array, right: string): Promise<void> {
    const temporary = join(this.#directory, 'shown');
    await using file = await open(temporary, 'w');
    await file.writeFile(content);
    await file.sync();
    await using directory = await open(right, 'r');
    await directory.sync();
    await rename(temporary, join(right, 'file'));
  }
}
