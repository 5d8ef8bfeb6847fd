/**
 * Sees the moment at which a directory shows something. It looks when the system reports a change, not in intervals,
 * so the time is exact and looking costs the measured engines nothing in between.
 */
import { type FSWatcher, watch } from 'node:fs';

const PATIENCE_MS = 300_000;

/**
 * Starts to watch at once: call it before whatever should become visible is done. `look` is asked after each change
 * directly in `directory`, and whenever `nudge` is called.
 */
export class Sight implements Disposable {
  /** The moment, on the clock of `performance.now()`, of the change after which `look` held. */
  readonly seen: Promise<number>;
  readonly #watcher: FSWatcher;
  readonly #look: () => boolean;
  #deadline!: NodeJS.Timeout;
  #tell!: (moment: number) => void;

  constructor(directory: string, look: () => boolean) {
    this.#look = look;
    this.#watcher = watch(directory, () => this.nudge());
    this.seen = new Promise((resolve, reject) => {
      this.#tell = resolve;
      this.#deadline = setTimeout(
        () => reject(new Error(`${directory} did not show the change in ${PATIENCE_MS / 1000} seconds.`)),
        PATIENCE_MS,
      );
    });
  }

  /** Looks now: something elsewhere says that it may be there. */
  nudge(): void {
    const moment = performance.now();
    try {
      if (this.#look()) this.#tell(moment);
    } catch {
      // Not there yet, or just being replaced: the next change is looked at again.
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    this.#watcher.close();
  }
}
