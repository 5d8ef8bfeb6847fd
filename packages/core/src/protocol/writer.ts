import { type AuthorId, EMPTY, sha256, utf8, writeHex } from '../base/index.ts';

const SPARE_BYTES = 64 * 1024;

/**
 * One buffer goes from writer to writer: nearly everything fits into it, and making one costs more than filling it. A writer
 * that begins while another has it makes its own, which is the spare one from then on.
 */
let spare: Uint8Array | undefined;

/** Writes what `Reader` reads. Of no use any more once it is finished. */
export class Writer {
  #bytes: Uint8Array;
  #at = 0;

  constructor() {
    this.#bytes = spare ?? new Uint8Array(SPARE_BYTES);
    spare = undefined;
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
    return this;
  }

  /** @param value a whole number from 0 to 2^53 - 1 */
  uint(value: number): this {
    this.#reserve(8);
    let left = value;
    // Division, as bits are shifted in 32 of them only.
    while (left >= 0x80) {
      this.#bytes[this.#at++] = (left % 0x80) | 0x80;
      left = Math.floor(left / 0x80);
    }
    this.#bytes[this.#at++] = left;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.byteLength;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.uint(bytes.byteLength).raw(bytes);
  }

  text(text: string): this {
    return this.bytes(utf8(text));
  }

  /** The bytes that hexadecimal digits stand for. Here as below, no array is made on the way: it would cost more than the rest. */
  hex(digits: string): this {
    return this.#hex(digits, 0, digits.length);
  }

  /** 24 bytes: device, then run. */
  author(author: AuthorId): this {
    return this.#hex(author, 0, 32).#hex(author, 33, 49);
  }

  /** Characters of ASCII, a byte each, without their number. */
  ascii(text: string): this {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i);
    return this;
  }

  #hex(digits: string, from: number, to: number): this {
    const count = (to - from) / 2;
    this.#reserve(count);
    writeHex(digits, from, this.#bytes, this.#at, count);
    this.#at += count;
    return this;
  }

  finish(): Uint8Array {
    const bytes = this.#bytes;
    const isSpare = bytes.byteLength === SPARE_BYTES;
    this.#giveBack();
    this.#bytes = EMPTY;
    // What outgrew the spare buffer is the caller's as it is: it is large, and does not live long.
    return isSpare ? bytes.slice(0, this.#at) : bytes.subarray(0, this.#at);
  }

  /** SHA-256 of what would be finished, of which no copy is made. */
  digest(): Uint8Array {
    const digest = sha256(this.#bytes.subarray(0, this.#at));
    this.#giveBack();
    this.#bytes = EMPTY;
    return digest;
  }

  #reserve(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.byteLength, needed));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#giveBack();
    this.#bytes = larger;
  }

  #giveBack(): void {
    if (this.#bytes.byteLength === SPARE_BYTES) spare = this.#bytes;
  }
}
