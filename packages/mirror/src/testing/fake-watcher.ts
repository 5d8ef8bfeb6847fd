/** A watcher that tells what a test has it tell. */
import type { Watcher, WatcherEvents } from '../fs/watcher.ts';

export class FakeWatcher implements Watcher {
  readonly watched: Map<string, bigint> = new Map();
  events: WatcherEvents | undefined;
  /** The system gives no watch for any directory below the root. */
  full = false;

  start(_root: string, events: WatcherEvents): void {
    this.events = events;
  }
  watch(directory: string, inode: bigint): void {
    if (this.full && directory !== '') this.events?.trouble(directory, 'ENOSPC');
    else this.watched.set(directory, inode);
  }
  retain(keep: (directory: string) => boolean): void {
    for (const directory of [...this.watched.keys()]) if (!keep(directory)) this.watched.delete(directory);
  }
  close(): void {
    this.events = undefined;
    this.watched.clear();
  }
}
