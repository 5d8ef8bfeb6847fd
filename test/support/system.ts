/** What a test takes from the system it runs on, and what is said where it cannot be had. */
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { onTestFinished, type TestContext } from 'vitest';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/**
 * What runs a command as a user whom permissions bind. For root they do not hold: it is made to give up the rights that let
 * it pass them, and stays the owner of what the test made.
 */
export function withoutRights(): readonly string[] {
  return isRoot
    ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--', process.execPath]
    : [process.execPath];
}

/**
 * Mounts a disk of so many bytes at a directory until the test has ended. Where that is not allowed the test is skipped,
 * saying so; in CI, where everything has to be tested, it fails.
 */
export function mountSmallDisk(directory: string, size: number, context: Pick<TestContext, 'skip'>): void {
  if (!isRoot) {
    const why = 'Only root on Linux can mount a small disk.';
    if (process.env['CI'] === 'true') throw new Error(why);
    context.skip(why);
  }
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'evermesh-test', directory]);
  // What is registered last is done first: the processes of the world may still have files open there.
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
}

/** Fills a disk to its last byte, beside whatever else is written there. Returns what makes room again. */
export async function fillDisk(directory: string): Promise<() => Promise<void>> {
  const ballast = `${directory}/.ballast`;
  for (const size of [64 * 1024, 1024, 1]) {
    try {
      for (;;) await writeFile(ballast, new Uint8Array(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  return () => rm(ballast);
}
