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

const SECOND = 1_000_000_000n;

export const POSIX: FilesProfile = {
  ignoresCase: false,
  decomposes: false,
  hasExecutableBit: true,
  timeStep: 1n,
};

/** As far as people see a difference: what a mirror may meet. */
export const FILE_SYSTEMS: Readonly<Record<string, FilesProfile>> = {
  POSIX,
  'case-insensitive': { ...POSIX, ignoresCase: true },
  decomposing: { ...POSIX, ignoresCase: true, decomposes: true, timeStep: SECOND },
  'coarse times': { ...POSIX, timeStep: SECOND },
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
  /** What a program is in the middle of saving, of which nothing is in `data` yet. */
  saving: string | undefined;
  /** Whoever made it had removed what was there, as a call of its own. */
  isMadeAnew: boolean;
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

/** A name as a file system of this kind keeps it. */
export const kept = ({ decomposes }: FilesProfile, name: string): string =>
  decomposes ? name.normalize('NFD') : name;

/** The name as the directory has it; of one that is not there, as it would be kept. */
export function keyIn(profile: FilesProfile, directory: Inode, name: string): string {
  const key = kept(profile, name);
  if (!profile.ignoresCase || directory.entries.has(key)) return key;
  const folded = key.toLowerCase();
  for (const there of directory.entries.keys()) if (there.toLowerCase() === folded) return there;
  return key;
}

/** The directories that name an inode, from this one on downwards. */
export function naming(inode: Inode, directory: Inode, found: Inode[] = []): Inode[] {
  for (const entry of directory.entries.values()) {
    if (entry === inode && found.at(-1) !== directory) found.push(directory);
    else if (entry.kind === 'directory') naming(inode, entry, found);
  }
  return found;
}
