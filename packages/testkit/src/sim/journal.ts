/** Changes of names that are not on the disk yet, in the order in which they were made: a power cut takes back the last ones. */
export class Journal {
  #undo: (() => void)[] = [];

  /** @param undo what takes the change back */
  add(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** All that `work` adds is one change. */
  together(work: () => void): void {
    const before = this.#undo.length;
    work();
    const steps = this.#undo.splice(before).reverse();
    this.#undo.push(() => steps.forEach((step) => step()));
  }

  /** All of it is on the disk. */
  written(): void {
    this.#undo = [];
  }

  /** @param lost how many of the changes are gone, counted from the last one */
  lose(lost: (count: number) => number): void {
    for (let left = lost(this.#undo.length); left > 0; left--) this.#undo.pop()?.();
    this.#undo = [];
  }
}
