/**
 * Keeps what is collected apart from what is in use. Whoever finds a blob here, or stores it, will rely on that: it is noted, and what is
 * noted is not deleted. While something is deleted nobody is told that it is here; while something is stored nothing is deleted.
 */
import type { BlobName } from '../base/index.ts';

export class BlobsInUse {
  #marked = new Set<BlobName>();
  /** What was used: while somebody looks all of it, otherwise what is marked. */
  #used = new Set<BlobName>();
  /** Of that, what whoever looks knows of. */
  #known = new Set<BlobName>();
  #isLooking = false;
  #storing = 0;
  #deleting: Promise<void> | undefined;
  /** Who waits for that. */
  #waiting = 0;

  /** Resolves when `name` counts as used, and is not being deleted. */
  use(name: BlobName): Promise<void> {
    return this.#between(() => this.note(name));
  }

  /** As `use`, by who is in `store`. */
  note(name: BlobName): void {
    if (this.#isLooking || this.isMarked(name)) this.#used.add(name);
  }

  /** Does what stores blobs: nothing is deleted meanwhile. */
  async store<T>(work: () => Promise<T>): Promise<T> {
    await this.#between(() => {
      this.#storing += 1;
    });
    try {
      return await work();
    } finally {
      this.#storing -= 1;
    }
  }

  /** Begins in the turn in which it was seen that nothing is being deleted: a moment later something may be. */
  async #between(begin: () => void): Promise<void> {
    while (this.#deleting !== undefined) {
      this.#waiting += 1;
      await this.#deleting;
      this.#waiting -= 1;
    }
    begin();
  }

  get isStoring(): boolean {
    return this.#storing > 0;
  }

  isUsed(name: BlobName): boolean {
    return this.#used.has(name);
  }

  isMarked(name: BlobName): boolean {
    return this.#marked.has(name);
  }

  /** These go if nobody uses them from here on. What was used so far is known to the caller. */
  mark(names: Iterable<BlobName>): void {
    this.#marked = new Set(names);
    this.#known = new Set(this.#used);
  }

  /** From here on every use is noted, until the returned function is called. */
  look(): () => void {
    this.#isLooking = true;
    return () => {
      this.#isLooking = false;
      this.#used = new Set([...this.#used].filter((name) => this.isMarked(name) && !this.#known.has(name)));
      this.#known = new Set();
    };
  }

  /**
   * Deletes, once those had their turn who waited for what was deleted before; unless something is being stored: then nothing is done.
   * @param work in its first turn nobody begins to use anything
   * @returns whether it was done
   */
  async delete(work: () => Promise<void>): Promise<boolean> {
    while (this.#waiting > 0) await Promise.resolve();
    if (this.#storing > 0 || this.#deleting !== undefined) return false;
    const done = work();
    this.#deleting = done
      .catch(() => undefined)
      .finally(() => {
        this.#deleting = undefined;
      });
    await done;
    return true;
  }
}
