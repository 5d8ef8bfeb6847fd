/** What a simulated file system is made of. */

export interface FilesProfile {
  /** Names that differ in case only are one name. */
  readonly ignoresCase: boolean;
  /** Names are kept decomposed (NFD), whatever they are given as. */
  readonly decomposes: boolean;
  readonly hasExecutableBit: boolean;
  /** Nanoseconds between two times that the file system can tell apart. */
  readonly timeStep: bigint;
}

export const POSIX: FilesProfile = {
  ignoresCase: false,
  decomposes: false,
  hasExecutableBit: true,
  timeStep: 1n,
};

export interface Inode {
  readonly number: bigint;
  readonly kind: 'directory' | 'file' | 'symlink';
  /** Of a file; of a link, its target. */
  data: Uint8Array;
  /** What of `data` is on the disk; undefined: nothing, not even that the file is empty. */
  safe: Uint8Array | undefined;
  /** The power failed before it was written, and something of it is lost. */
  isDamaged: boolean;
  /** A program is in the middle of saving it. */
  isHalf: boolean;
  /** When it got the name that it has by a rename of its own, and when it took the place of another; 0: never. */
  renamedAt: number;
  replacedAt: number;
  readonly entries: Map<string, Inode>;
  mtime: bigint;
  ctime: bigint;
  readonly born: bigint;
  permissions: number;
}

/** What a call of the system answers. */
export const fail = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code });
