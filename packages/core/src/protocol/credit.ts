/**
 * Credit for the records of one channel, one way. Whoever takes records grants it, whoever sends them keeps to it. Both count the bytes
 * of records from the channel's beginning on, so credit that is said twice, or late, does no harm, and what is said last holds.
 *
 * Records are taken whole, so a frame of them may be sent wherever anything is left, and may reach beyond: by one frame at most. And
 * once all that came is done with, more is granted than was sent. So nothing is too long to be sent, and nobody waits for ever. HTTP/2
 * and QUIC cut what they send to what is left; whoever sends a group of records cannot.
 */
import { EvermeshError } from '../errors/index.ts';

/** The side that sends. */
export class SentCredit {
  #granted: number;
  #sent = 0;

  /** @param first bytes that were granted in the beginning; `Infinity` where the other side grants nothing */
  constructor(first: number) {
    this.#granted = first;
  }

  /** Whether a frame of records may be sent now. */
  get isLeft(): boolean {
    return this.#sent < this.#granted;
  }

  /** Records of so many bytes are sent. */
  spend(bytes: number): void {
    this.#sent += bytes;
  }

  /** The other side said CREDIT. What is less than was said before changes nothing. */
  grant(credit: number): void {
    this.#granted = Math.max(this.#granted, credit);
  }
}

/** The side that takes. */
export class GivenCredit {
  #granted: number;
  /** What could come when credit was told of last. */
  #window: number;
  #came = 0;
  #done = 0;

  /** @param first bytes that are granted in the beginning */
  constructor(first: number) {
    this.#granted = first;
    this.#window = first;
  }

  /** Bytes that came and are not done with, or may come. */
  get open(): number {
    return Math.max(this.#granted, this.#came) - this.#done;
  }

  /**
   * A frame with records of so many bytes came.
   * @throws MESSAGE_BEYOND_CREDIT
   */
  take(bytes: number): void {
    if (this.#came >= this.#granted) {
      const what = `Records came behind the ${this.#granted} bytes for which there is credit.`;
      throw new EvermeshError('MESSAGE_BEYOND_CREDIT', what);
    }
    this.#came += bytes;
  }

  /**
   * What came is done with, as many bytes of it. Returns the credit to tell of, if any: once half of what there was is used, and never one
   * of which nothing could be sent.
   * @param window bytes that may come from here on before more is done with, at least 1
   */
  done(bytes: number, window: number): number | undefined {
    this.#done += bytes;
    const credit = this.#done + window;
    const isEnough = this.#granted - this.#done > Math.min(window, this.#window) / 2;
    if (isEnough || credit <= this.#came) return undefined;
    this.#granted = credit;
    this.#window = window;
    return credit;
  }
}

/** What records count for. */
export function bytesOf(records: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const { byteLength } of records) bytes += byteLength;
  return bytes;
}
