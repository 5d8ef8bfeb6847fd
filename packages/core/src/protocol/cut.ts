/**
 * Where a large content is cut into chunks: where its bytes say so, so that what is the same in two contents is the same chunks,
 * whatever stands before it (FastCDC, normalised: Xia and others, USENIX ATC 2016). Everything here is a constant of the format.
 */
import { sha256, utf8 } from '../base/index.ts';

/** Bytes of a chunk. The last one of a content may be shorter. */
const SHORTEST = 4096;
/** From here on a chunk ends more easily, so that most are of about this length. */
const NORMAL = 16_384;
const LONGEST = 65_536;
/** A chunk ends where these bits are 0: 16 of them before the normal length, 12 behind it. High ones, which 32 bytes decide. */
const HARD = 0xff_ff_00_00 | 0;
const EASY = 0xff_f0_00_00 | 0;

/** By byte, 32 bits: the first four bytes, highest first, of SHA-256 of `evermesh gear` and the number of the byte. */
const GEAR = Int32Array.from({ length: 256 }, (_, byte) => {
  const digest = sha256(utf8(`evermesh gear ${byte}`));
  return new DataView(digest.buffer, digest.byteOffset).getInt32(0);
});

/** How long the chunk is that begins at `from`; `to` is the end of the content, or at least `LONGEST` bytes on. */
function chunkLength(bytes: Uint8Array, from: number, to: number): number {
  const end = Math.min(to, from + LONGEST);
  const normal = Math.min(end, from + NORMAL);
  let hash = 0;
  let at = from + SHORTEST;
  for (; at < normal; at++) {
    hash = ((hash << 1) + (GEAR[bytes[at] as number] as number)) | 0;
    if ((hash & HARD) === 0) return at + 1 - from;
  }
  for (; at < end; at++) {
    hash = ((hash << 1) + (GEAR[bytes[at] as number] as number)) | 0;
    if ((hash & EASY) === 0) return at + 1 - from;
  }
  return end - from;
}

/** Cuts what is given piece by piece. The chunks do not depend on the pieces. It holds less than 256 KiB. */
export class Cutter {
  readonly #held = new Uint8Array(4 * LONGEST);
  #size = 0;

  /** The chunks that are complete with this piece, each in an array of its own. */
  *push(piece: Uint8Array): Generator<Uint8Array, undefined> {
    for (let at = 0; at < piece.byteLength;) {
      const taken = piece.subarray(at, at + this.#held.byteLength - this.#size);
      this.#held.set(taken, this.#size);
      this.#size += taken.byteLength;
      at += taken.byteLength;
      yield* this.#cut(LONGEST);
    }
  }

  /** The rest. */
  end(): Generator<Uint8Array, undefined> {
    return this.#cut(1);
  }

  /** @param needed bytes without which nobody knows where the chunk ends */
  *#cut(needed: number): Generator<Uint8Array, undefined> {
    let from = 0;
    while (this.#size - from >= needed) {
      const length = chunkLength(this.#held, from, this.#size);
      yield this.#held.slice(from, from + length);
      from += length;
    }
    this.#held.copyWithin(0, from, this.#size);
    this.#size -= from;
  }
}
