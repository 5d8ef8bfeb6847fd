/**
 * What a program is told of changes in the directories that it watches: late, twice, or, if the seed says so, never and with a
 * word that something was lost. A watch is of a directory itself: another one in its place is not watched.
 */
import type { Watcher, WatcherEvents } from '@evermesh/mirror';
import type { Inode } from './inode.ts';
import type { SimFiles } from './sim-files.ts';
import type { SimProcess } from './sim-process.ts';

/** Milliseconds that an event takes, mostly and at most. */
const SOON = 5;
const LATE = 3000;

export function simWatcher(
  files: SimFiles,
  process: SimProcess,
  faults: { readonly lossy: boolean },
): Watcher {
  const watched = new Map<string, Inode>();
  const { random } = process.parts;
  let root = '';
  let events: WatcherEvents | undefined;
  const changed = (inode: Inode): void => {
    for (const [directory, watching] of watched) {
      if (watching !== inode) continue;
      if (faults.lossy && random.chance(0.02)) {
        process.later(random.float() * SOON, () => events?.trouble('', 'EVENTS_LOST'));
        continue;
      }
      const tell = (): void => events?.dirty(directory);
      process.later(random.chance(0.05) ? random.float() * LATE : random.float() * SOON, tell);
      if (random.chance(0.05)) process.later(random.float() * LATE, tell);
    }
  };
  return {
    start(path, to) {
      root = path;
      events = to;
      files.changed.add(changed);
    },
    watch(directory) {
      try {
        watched.set(directory, files.find(directory === '' ? root : `${root}/${directory}`));
      } catch (error) {
        events?.trouble(directory, (error as { code: string }).code);
      }
    },
    retain(keep) {
      for (const directory of watched.keys()) if (!keep(directory)) watched.delete(directory);
    },
    close() {
      events = undefined;
      files.changed.delete(changed);
    },
  };
}
