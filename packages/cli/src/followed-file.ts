/** Reads a small file again and again, and tells when it holds something else: nothing has to be started again then. */
import type { Clock, Timer } from '@evermesh/core';

/** Milliseconds between two looks. */
const BETWEEN = 2000;

export interface FollowedFileOptions {
  readonly clock: Clock;
  /** What was read before. */
  readonly text: string;
  /** Rejects while the file is of no use, as one that is being written. */
  readonly read: () => Promise<string>;
  /** It holds something else. What throws here is told to `failed`. */
  readonly changed: (text: string) => void;
  /** It is of no use any more; told once, until it is of use again. */
  readonly failed: (error: unknown) => void;
}

export class FollowedFile implements Disposable {
  readonly #options: FollowedFileOptions;
  #text: string;
  #hasFailed = false;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(options: FollowedFileOptions) {
    this.#options = options;
    this.#text = options.text;
    this.#wait();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    if (!this.#isOver) this.#timer = this.#options.clock.after(BETWEEN, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { read, changed, failed } = this.#options;
    try {
      const text = await read();
      if (this.#isOver) return;
      if (text !== this.#text) changed(text);
      this.#text = text;
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#isOver && !this.#hasFailed) failed(error);
      this.#hasFailed = true;
    }
    this.#wait();
  }
}
