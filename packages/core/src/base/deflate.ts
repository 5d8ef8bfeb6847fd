/**
 * Compression that is the same in browsers and in Node, byte for byte: raw DEFLATE, in the turn in which it is asked for. The
 * platform's own streams answer from a pool of threads, at moments that no simulator decides.
 */
import { deflateSync, inflateSync } from 'fflate';

export const deflate = (bytes: Uint8Array): Uint8Array => deflateSync(bytes);

/**
 * @param length of what was deflated
 * @throws RangeError if these are not that many deflated bytes
 */
export function inflate(bytes: Uint8Array, length: number): Uint8Array {
  let inflated: Uint8Array | undefined;
  try {
    inflated = inflateSync(bytes, { out: new Uint8Array(length) });
  } catch (error) {
    throw new RangeError('not deflated bytes', { cause: error });
  }
  if (inflated.byteLength !== length) throw new RangeError(`not ${length} deflated bytes`);
  return inflated;
}
