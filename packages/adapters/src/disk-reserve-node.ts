/**
 * Room on the disk that a database keeps for itself. LevelDB writes its log anew when it opens, before it removes it: on a full
 * disk it would not open again, not even to be read. So a file in its directory holds at least as much room as its log
 * has taken, and is given up when it cannot open without. What no reserve can be made for is not written.
 */
import { randomBytes } from 'node:crypto';
import { appendFile, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ioError } from './level-files/level-error.ts';

const MIB = 1024 * 1024;
/** What it grows by: seldom, for each byte in it is written once more than it would be. */
const STEP = 4 * MIB;
/** What LevelDB writes when it opens, beside its log: the names of its files. */
const BESIDE_LOG = 64 * 1024;
/** What is left to write in when the reserve is taken back on a disk that is still full: reading is not all that opening takes. */
const LEFT = 128 * 1024;

export class DiskReserve {
  readonly #path: string;
  readonly #logBytes: number;
  #held = 0;
  #logged = 0;
  #released = 0;

  /**
   * @param path of its file
   * @param logBytes as long as logs get that have not become tables yet
   */
  constructor(path: string, logBytes: number) {
    this.#path = path;
    this.#logBytes = logBytes;
  }

  /** The database has opened, and its log begins anew. */
  async begin(): Promise<void> {
    this.#logged = 0;
    this.#held = (await stat(this.#path).catch(() => undefined))?.size ?? 0;
    const free = await this.#free();
    const released = this.#released;
    this.#released = 0;
    if (released > 0) await this.#grow(Math.min(released, free - LEFT));
    else await this.#grow(Math.min(STEP - this.#held, free / 2));
  }

  /**
   * Before so many bytes are written to the log.
   * @throws as LevelDB does when the disk is full
   */
  async cover(bytes: number): Promise<void> {
    this.#logged = Math.min(this.#logged + bytes, this.#logBytes);
    const needed = this.#logged + BESIDE_LOG;
    if (needed <= this.#held) return;
    await this.#grow(Math.min(needed + STEP - this.#held, (await this.#free()) / 2));
    if (needed <= this.#held) return;
    throw ioError(`${this.#path}: No space left on device`);
  }

  /** Gives the room up. Returns whether there was any. */
  async release(): Promise<boolean> {
    const held = (await stat(this.#path).catch(() => undefined))?.size ?? 0;
    await rm(this.#path, { force: true });
    this.#released = held;
    return held > 0;
  }

  /** Random bytes: of others a file system might make less than they are. */
  async #grow(bytes: number): Promise<void> {
    try {
      for (let left = Math.floor(bytes); left > 0; left -= MIB)
        await appendFile(this.#path, randomBytes(Math.min(left, MIB)), { mode: 0o600 });
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    if (bytes > 0) this.#held = (await stat(this.#path)).size;
  }

  async #free(): Promise<number> {
    const { bavail, bsize } = await statfs(dirname(this.#path));
    return bavail * bsize;
  }
}

/** Whether something failed because there is no room on the disk, or none for this user. */
export function isFull(error: unknown): boolean {
  const { message, cause } = error as { readonly message?: string; readonly cause?: unknown };
  if (/no space left on device|disk quota exceeded|ENOSPC|EDQUOT/i.test(message ?? '')) return true;
  return cause !== undefined && isFull(cause);
}
