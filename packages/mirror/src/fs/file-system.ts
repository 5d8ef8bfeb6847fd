/**
 * The file system as the mirror needs it: a seam, so that tests decide what fails and when. Paths are absolute; nothing
 * here follows a symbolic link in the last part of a path. Failures are thrown as the platform's errors, with `code`
 * (`ENOENT`, `EACCES`, …); that nothing is there is an answer where it says so.
 */
export type DiskKind = 'directory' | 'file' | 'symlink' | 'other';

/** Times in nanoseconds as whole numbers: a float cannot tell two saves in one microsecond apart. */
export interface FileStat {
  readonly kind: DiskKind;
  readonly size: number;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** When the inode was made: with it, a number that was used again is told from the old one. 0 if not known. */
  readonly born: bigint;
  readonly inode: bigint;
  readonly device: bigint;
  readonly executable: boolean;
  /** The permission bits, to give to what takes this one's place. */
  readonly permissions: number;
}

export interface DirectoryListing {
  readonly entries: readonly { readonly name: string; readonly stat: FileStat }[];
  /** Names that are not UTF-8, in a printable form: they cannot be given to other devices. */
  readonly unnameable: readonly string[];
  /** Names whose stat failed, and why. */
  readonly failed: readonly { readonly name: string; readonly code: string }[];
}

export interface ReadHandle {
  stat(): Promise<FileStat>;
  /** What the file holds from its beginning, in pieces. */
  pieces(): AsyncIterable<Uint8Array>;
  /** Resolves when what it holds survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** How a file begins, and its stat afterwards. */
export interface FileStart {
  readonly bytes: Uint8Array;
  readonly stat: FileStat;
}

export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface CreateOptions {
  readonly executable: boolean;
  /** Those of the file whose place it takes; without, what is usual here. */
  readonly permissions?: number | undefined;
}

export interface FileSystem {
  /** `undefined` if nothing is there, or a part of the path is no directory. */
  lstat(path: string): Promise<FileStat | undefined>;
  realpath(path: string): Promise<string>;
  list(path: string): Promise<DirectoryListing>;
  /**
   * Syncs a regular file as `ReadHandle.sync` does, reads what it holds from its beginning, `limit` bytes at most, and only
   * then takes its stat: if that is as it was before the call, nobody wrote meanwhile. Fails on a symbolic link; of what
   * else is no file, nothing is read.
   */
  readStart(path: string, limit: number): Promise<FileStart>;
  /** Opens a regular file; fails on a symbolic link. */
  openToRead(path: string): Promise<ReadHandle>;
  /**
   * Makes a new file with this content; fails if something is there. When it resolves the content survives a power cut.
   * When it fails, what was made by then stays.
   * @returns the stat of the whole file
   */
  createFile(path: string, content: Pieces, options: CreateOptions): Promise<FileStat>;
  rename(from: string, to: string): Promise<void>;
  /**
   * Renames a file over another one if `to` still leads to this inode, and returns whether it did. Look and act are as close
   * together as the system lets them be: what somebody puts there in between is lost.
   */
  replace(from: string, to: string, inode: bigint): Promise<boolean>;
  /** Gives a file a second name; fails with `EEXIST` if something is there. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Removes a name if it still leads to this inode, and returns whether it did: look and act as close as in `replace`. */
  unlinkIf(path: string, inode: bigint): Promise<boolean>;
  makeDirectory(path: string): Promise<void>;
  /** Fails if it is not empty. */
  removeDirectory(path: string): Promise<void>;
  /** `undefined` if the target is not UTF-8. */
  readLink(path: string): Promise<string | undefined>;
  makeLink(target: string, path: string): Promise<void>;
  setExecutable(path: string, executable: boolean): Promise<void>;
  /** Resolves when the names in a directory survive a power cut. */
  syncDirectory(path: string): Promise<void>;
  /** This process: its number, and behind a colon what tells it from others that had or will have it. No spaces. */
  readonly processIdentity: string;
  /** Whether the process of such an identity lives, which may be a number alone: who holds a lock file. */
  isRunning(identity: string): boolean;
  /** Keeps this process alive, which pending timers do not, until the returned function is called. */
  stayAlive(): () => void;
}

/** Whether a failure is one of the platform, as this seam throws them, and none of our own store. */
export const isOfDisk = (error: unknown): boolean => /^E[A-Z0-9]+$/.test(codeOf(error));

export const codeOf = (error: unknown): string => (error as { code?: string } | undefined)?.code ?? 'UNKNOWN';
