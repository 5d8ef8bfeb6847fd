/** Rows of a database, fetched many at a time: one by one, each of them would cost several promises on its way. */
import type { Iterator, Level } from 'level';

/** LevelDB's binding gives fewer, as soon as they have 16 KiB. */
const AT_ONCE = 1000;

type Row = [string, Uint8Array];
type Source = Pick<Iterator<Level<string, Uint8Array>, string, Uint8Array>, 'nextv' | 'close'>;

export class LevelRows implements AsyncIterableIterator<Row, undefined> {
  readonly #source: Source;
  #fetched: readonly Row[] = [];
  #at = 0;
  #isOver = false;

  /** @param source closed when it has no further rows, when it fails, and when none are needed */
  constructor(source: Source) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<Row, undefined>> {
    const row = this.#fetched[this.#at];
    if (row === undefined) return this.#fetch();
    this.#at += 1;
    return Promise.resolve({ done: false, value: row });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#isOver = true;
    this.#fetched = [];
    await this.#source.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #fetch(): Promise<IteratorResult<Row, undefined>> {
    if (this.#isOver) return { done: true, value: undefined };
    try {
      this.#fetched = await this.#source.nextv(AT_ONCE);
    } catch (error) {
      await this.return();
      throw error;
    }
    const [first] = this.#fetched;
    if (first === undefined) return this.return();
    this.#at = 1;
    return { done: false, value: first };
  }
}
