/**
 * Copies of bytes, many of them in one piece of memory. What lies on a disk or is on its way is nobody else's, so it is copied whenever
 * it is handed over, and memory of its own for each copy costs ten times what copying does.
 */
const PIECE = 64 * 1024;

export class Copies {
  #piece: Uint8Array = new Uint8Array(0);
  #used = 0;

  of(bytes: Uint8Array): Uint8Array {
    const { byteLength } = bytes;
    if (byteLength > PIECE / 8) return bytes.slice();
    if (this.#used + byteLength > this.#piece.byteLength) {
      this.#piece = new Uint8Array(PIECE);
      this.#used = 0;
    }
    const copy = this.#piece.subarray(this.#used, this.#used + byteLength);
    this.#used += byteLength;
    copy.set(bytes);
    return copy;
  }
}
