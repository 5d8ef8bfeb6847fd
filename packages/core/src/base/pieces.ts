/** Bytes that come in pieces, as from a disk or a network, and bytes that are at hand where pieces are asked for. */
import { concatBytes } from './bytes.ts';

/** All bytes in one array of its own, or `undefined`, and the rest left unread, once they are more than `limit`. */
export async function gather(
  pieces: AsyncIterable<Uint8Array>,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<Uint8Array | undefined> {
  const gathered: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.byteLength;
    if (size > limit) return undefined;
    // Whoever gives pieces may fill one array again and again.
    gathered.push(piece.slice());
  }
  return concatBytes(gathered);
}

export async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
