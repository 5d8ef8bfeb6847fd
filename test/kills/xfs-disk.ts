/**
 * A disk whose power can be cut: XFS in a file, mounted by a loop device. Shut down without its log being flushed, it forgets
 * whatever was not synced, as a machine does. Needs root and xfsprogs.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The least that mkfs.xfs takes is 300 MB; only what is written takes room. */
const BYTES = 600 * 1024 * 1024;

/** Why there can be no such disk here, if there can be none. */
export async function whyNoXfs(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'file systems are cut off on Linux only';
  if (process.getuid?.() !== 0) return 'mounting needs root';
  try {
    await run('mkfs.xfs', ['-V']);
    await run('xfs_io', ['-V']);
  } catch {
    return 'xfsprogs is not installed';
  }
  try {
    await (await XfsDisk.open()).remove();
    return undefined;
  } catch (error) {
    return `no XFS can be mounted here: ${(error as Error).message}`;
  }
}

export class XfsDisk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #home: string;
  #isMounted = false;

  static async open(): Promise<XfsDisk> {
    const disk = new XfsDisk(await realpath(await mkdtemp(join(tmpdir(), 'evermesh-xfs-'))));
    try {
      await mkdir(disk.path);
      await writeFile(disk.#image, '');
      await truncate(disk.#image, BYTES);
      await run('mkfs.xfs', ['-q', disk.#image]);
      await disk.mount();
      return disk;
    } catch (error) {
      await disk.remove();
      throw error;
    }
  }

  private constructor(home: string) {
    this.#home = home;
    this.path = join(home, 'disk');
  }

  get #image(): string {
    return join(this.#home, 'image');
  }

  async mount(): Promise<void> {
    await run('mount', ['-o', 'loop', this.#image, this.path]);
    this.#isMounted = true;
  }

  /** From here on every read and write fails. */
  async cut(): Promise<void> {
    await run('xfs_io', ['-x', '-c', 'shutdown', this.path]);
  }

  /** When no process has anything open there. */
  async unmount(): Promise<void> {
    await run('umount', [this.path]);
    this.#isMounted = false;
  }

  async remove(): Promise<void> {
    if (this.#isMounted) await this.unmount();
    await rm(this.#home, { recursive: true, force: true });
  }
}
