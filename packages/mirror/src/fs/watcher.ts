/**
 * What tells that something may have changed. Events only make directories dirty: a lost, doubled or late one costs
 * time and never correctness.
 *
 * A directory is watched before it is listed, so whatever changes after the listing is told.
 */
export interface WatcherEvents {
  /** Something in this directory may have changed. */
  dirty(directory: string): void;
  /** This directory is not watched, or events were lost: only scans see what changes. */
  trouble(directory: string, code: string): void;
}

export interface Watcher {
  start(root: string, events: WatcherEvents): void;
  /**
   * Watches one directory, not what is below. The path is relative to the root, `''` for the root itself. Inode and time
   * of birth tell a directory from another one that took its place, of which the old watch would tell nothing: a
   * directory removed and made anew usually gets the same inode.
   */
  watch(directory: string, inode: bigint, born: bigint): void;
  /** Ends the watches of which this answers false. */
  retain(keep: (directory: string) => boolean): void;
  close(): void;
}
