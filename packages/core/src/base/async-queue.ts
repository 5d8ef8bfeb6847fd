interface Waiting<Item> {
  readonly resolve: (result: IteratorResult<Item>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A bounded queue read as an async iterable. A reader that falls more than `limit` items behind is ended with
 * the error that `overflow` makes, so that a forgotten reader never grows memory.
 */
export class AsyncQueue<Item> implements AsyncIterableIterator<Item> {
  readonly #items: Item[] = [];
  readonly #limit: number;
  readonly #overflow: () => Error;
  readonly #onClose: () => void;
  readonly #waiting: Waiting<Item>[] = [];
  #ended = false;
  #failure: unknown;

  constructor(options: { limit: number; overflow: () => Error; onClose?: () => void }) {
    this.#limit = options.limit;
    this.#overflow = options.overflow;
    this.#onClose = options.onClose ?? ((): void => {});
  }

  push(item: Item): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: item });
    } else if (this.#items.length < this.#limit) {
      this.#items.push(item);
    } else {
      this.fail(this.#overflow());
    }
  }

  /** Ends the iteration with `error` once what is queued has been read. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure = error;
    this.#end();
  }

  close(): void {
    if (!this.#ended) this.#end();
  }

  next(): Promise<IteratorResult<Item>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#failure !== undefined) {
      const error = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<Item>> {
    this.#items.length = 0;
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    this.#ended = true;
    this.#onClose();
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (this.#failure === undefined) resolve({ done: true, value: undefined });
      else reject(this.#failure);
      this.#failure = undefined;
    }
  }
}
