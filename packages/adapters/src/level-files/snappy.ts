/** Unpacks what Snappy packed: a length, then pieces that stand for themselves or repeat what came before. */
import { BytesReader } from './bytes-reader.ts';

/** A block of LevelDB is one value at most, and a value is no larger than what one frame of the wire carries. */
const LIMIT = 256 * 1024 * 1024;

/** @throws RangeError if the bytes are no such pieces */
export function unpack(packed: Uint8Array): Uint8Array {
  const reader = new BytesReader(packed);
  const length = reader.varint();
  if (length > LIMIT) throw new RangeError('The block is too large.');
  const bytes = new Uint8Array(length);
  let at = 0;
  while (reader.left > 0) {
    const tag = reader.byte();
    const kind = tag & 3;
    if (kind === 0) {
      const size = literalSize(reader, tag >>> 2);
      if (at + size > length) throw new RangeError('The block is longer than it says.');
      bytes.set(reader.raw(size), at);
      at += size;
      continue;
    }
    const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const back = kind === 1 ? (tag >>> 5) * 256 + reader.byte() : little(reader, kind === 2 ? 2 : 4);
    if (back === 0 || back > at || at + size > length)
      throw new RangeError('The block repeats what is not in it.');
    // What is repeated may begin before and end inside of what this repeats.
    for (let i = 0; i < size; i++) bytes[at + i] = bytes[at + i - back] as number;
    at += size;
  }
  if (at !== length) throw new RangeError('The block is shorter than it says.');
  return bytes;
}

/** Up to 60 is in the tag; longer ones say in how many bytes their length follows. */
const literalSize = (reader: BytesReader, told: number): number =>
  (told < 60 ? told : little(reader, told - 59)) + 1;

function little(reader: BytesReader, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value += reader.byte() * 256 ** i;
  return value;
}
