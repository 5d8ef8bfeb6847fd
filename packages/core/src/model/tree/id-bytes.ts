/** The 12 bytes that a node's id stands for, read off its digits: nobody needs them in an array. */
import { type NodeId, nodeIdFrom, sextetAt } from '../../base/index.ts';
import type { Writer } from '../../protocol/index.ts';

export const ID_BYTES = 12;
/** What a cut id keeps. */
export const CUT_BYTES = 8;
/** Before the digits stands the shard. */
const DIGITS = 1;

/** Equal for ids that are cut alike, and equal to no id. */
export function cut(id: NodeId): string {
  const [a, b, c] = [threeBytes(id, 0), threeBytes(id, 3), threeBytes(id, 6)];
  return String.fromCharCode(a >> 8, ((a & 0xff) << 8) | (b >> 16), b & 0xff_ff, c >> 8);
}

/** The id, or the cut one, that stands at `at`. */
export function idAt(bytes: Uint8Array, at: number, width: number): string {
  if (width === ID_BYTES) return nodeIdFrom(bytes.subarray(at, at + ID_BYTES));
  const two = (from: number): number => ((bytes[from] as number) << 8) | (bytes[from + 1] as number);
  return String.fromCharCode(two(at), two(at + 2), two(at + 4), two(at + 6));
}

/** Writes the first `width` bytes. */
export function writeId(writer: Writer, id: NodeId, width: number): Writer {
  for (let i = 0; i < width; i++) {
    const bits = threeBytes(id, i - (i % 3));
    writer.byte((bits >> (16 - 8 * (i % 3))) & 0xff);
  }
  return writer;
}

/** Three bytes are four digits. */
function threeBytes(id: NodeId, from: number): number {
  let bits = 0;
  const first = DIGITS + (from / 3) * 4;
  for (let i = first; i < first + 4; i++) bits = (bits << 6) | sextetAt(id, i);
  return bits;
}
