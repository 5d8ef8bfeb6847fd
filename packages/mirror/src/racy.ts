/**
 * A stat tells two contents of one size apart by their times only, and the clock of a file system stands still for a while:
 * for a tick of the kernel, for a second, on FAT for two. What was looked at within the tick of its last change may have
 * been written to once more and look the same. (Git calls such an entry racily clean.) Its content tells, and is asked
 * at the next look there: whoever wrote to it was told of by the watcher.
 *
 * The clock is this machine's. A server whose clock goes behind it by more than a tick can still hide a save.
 */
import type { FileStat } from './fs/file-system.ts';

const MILLISECOND = 1_000_000n;
const SECOND = 1000n * MILLISECOND;
/** Nanoseconds in which two writes may get one time: a kernel's tick, and what exFAT keeps, is 10 ms at most. */
const TICK = 12n * MILLISECOND;
/** The same where all times are whole seconds. */
const COARSE_TICK = 2n * SECOND;

/**
 * Whether a later write could leave these times as they are.
 * @param knownAt when the content was known, in milliseconds: a moment before it was read
 */
export function isRacy({ mtime, ctime }: Pick<FileStat, 'mtime' | 'ctime'>, knownAt: number): boolean {
  const tick = mtime % SECOND === 0n && ctime % SECOND === 0n ? COARSE_TICK : TICK;
  // A write changes both.
  const older = mtime < ctime ? mtime : ctime;
  return older + tick > BigInt(Math.floor(knownAt)) * MILLISECOND;
}
