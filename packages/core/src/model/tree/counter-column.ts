/**
 * Of many nodes how far one author was seen, as runs of equal steps from one node to the next. It stays as it is written: a few bytes
 * of somebody else's may claim more counters than memory holds.
 */
import { malformed, type Reader, type Writer } from '../../protocol/index.ts';

export class CounterColumn {
  /** Of each run: the place behind its last node, its first counter, and the step. */
  readonly #ends: number[] = [];
  readonly #firsts: number[] = [];
  readonly #steps: number[] = [];

  /** @throws MESSAGE_MALFORMED if it does not say `count` counters, from 1 to the largest there is */
  static read(reader: Reader, count: number): CounterColumn {
    const column = new CounterColumn();
    let last = 0;
    for (let end = 0; end < count;) {
      const run = reader.uint();
      const length = Math.floor(run / 2);
      const step = reader.uint() * (run % 2 === 0 ? 1 : -1);
      if (length === 0 || length > count - end) throw malformed('a removal counts wrongly');
      const first = last + step;
      last += length * step;
      // All of a run lie between its ends.
      if (Math.min(first, last) < 1 || Math.max(first, last) > Number.MAX_SAFE_INTEGER)
        throw malformed('a removal counts beyond all records');
      end += length;
      column.#ends.push(end);
      column.#firsts.push(first);
      column.#steps.push(step);
    }
    return column;
  }

  /** The counter of the node at this place, from 0. */
  at(place: number): number {
    let [low, high] = [0, this.#ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] as number) > place) high = middle;
      else low = middle + 1;
    }
    const begin = this.#ends[low - 1] ?? 0;
    return (this.#firsts[low] as number) + (place - begin) * (this.#steps[low] as number);
  }
}

export function writeColumn(writer: Writer, values: readonly number[]): void {
  let before = 0;
  for (let at = 0; at < values.length;) {
    const step = (values[at] as number) - before;
    let end = at + 1;
    while (end < values.length && (values[end] as number) - (values[end - 1] as number) === step) end += 1;
    writer.uint(2 * (end - at) + (step < 0 ? 1 : 0)).uint(Math.abs(step));
    before = values[end - 1] as number;
    at = end;
  }
}
