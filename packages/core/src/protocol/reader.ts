/**
 * Reads what a peer or a disk hands over. Everything is checked before it is believed: a short, over-long or absurd
 * input throws `MESSAGE_MALFORMED` and nothing else. Integers are lib0 varUints (7 bits a byte, low group first).
 */
import { EvermeshError } from '../errors/index.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw malformed('ends early');
    this.#at += 1;
    return value;
  }

  /** A whole number from 0 to 2^53 - 1, in at most 8 bytes. */
  uint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw malformed('a number is too large');
        return value;
      }
      scale *= 128;
    }
    throw malformed('a number is too long');
  }

  /** A number that counts things which follow: never more than `limit`, nor than bytes are left. */
  count(limit: number, what: string): number {
    const count = this.uint();
    if (count > limit || count > this.left) throw malformed(`${count} ${what} are too many`);
    return count;
  }

  /** `length` bytes, as a view of the input. */
  raw(length: number): Uint8Array {
    if (length > this.left) throw malformed('ends early');
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** Bytes preceded by their length, as a view of the input. */
  bytes(limit: number): Uint8Array {
    return this.raw(this.count(limit, 'bytes'));
  }

  text(limit: number): string {
    const bytes = this.bytes(limit);
    try {
      return strictUtf8.decode(bytes);
    } catch {
      throw malformed('text is not UTF-8');
    }
  }

  end(): void {
    if (this.left > 0) throw malformed(`${this.left} bytes follow the end`);
  }
}

export const malformed = (why: string): EvermeshError =>
  new EvermeshError('MESSAGE_MALFORMED', `Not a message of this protocol: ${why}.`);
