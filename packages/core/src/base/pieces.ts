/** Bytes that come in pieces, as from a disk or a network, and bytes that are at hand where pieces are asked for. */
import { concatBytes, copyOf } from './bytes.ts';

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
    gathered.push(copyOf(piece));
  }
  return concatBytes(gathered);
}

/** What has no more than some number of bytes, whole; or all of what is longer, in pieces. */
export type Begun = { readonly whole: Uint8Array } | { readonly long: AsyncIterable<Uint8Array> };

/** Gives `use` the bytes whole if they are at most `limit`, else in pieces. The source is left when `use` has ended. */
export async function begun<Result>(
  pieces: AsyncIterable<Uint8Array>,
  limit: number,
  use: (begun: Begun) => Promise<Result>,
): Promise<Result> {
  const source = pieces[Symbol.asyncIterator]();
  try {
    const held: Uint8Array[] = [];
    for (let size = 0; size <= limit;) {
      const next = await source.next();
      if (next.done === true) return await use({ whole: concatBytes(held) });
      size += next.value.byteLength;
      // Whoever gives pieces may fill one array again and again.
      held.push(copyOf(next.value));
    }
    return await use({ long: inOrder(held, source) });
  } finally {
    await source.return?.();
  }
}

/** What was held back is let go of as it is given. */
async function* inOrder(held: Uint8Array[], source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let piece = held.shift(); piece !== undefined; piece = held.shift()) yield piece;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

export async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
