/** Reads numbers and texts as LevelDB writes them: little-endian, or seven bits a byte, the low ones first. */

export class BytesReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get left(): number {
    return this.#bytes.byteLength - this.at;
  }

  byte(): number {
    return this.#view.getUint8(this.#pass(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#pass(4), true);
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#pass(8), true);
  }

  /** Up to 2^53: no file is larger, and no file's number either. */
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (!Number.isSafeInteger(value)) throw new RangeError('The number is too large.');
      if (byte < 128) return value;
    }
  }

  /** A part of the bytes, not a copy. */
  raw(length: number): Uint8Array {
    const from = this.#pass(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** What is preceded by its length. */
  prefixed(): Uint8Array {
    return this.raw(this.varint());
  }

  #pass(length: number): number {
    const from = this.at;
    if (length > this.left) throw new RangeError('The bytes end too early.');
    this.at += length;
    return from;
  }
}
