/** Small blobs in a store, larger ones in a blob store beside it. Where a blob is put follows from its size alone. */
import { type BlobName, concatBytes, inOnePiece } from '../base/index.ts';
import { LIMITS } from '../protocol/index.ts';
import type { BlobStore } from './blob-store.ts';
import type { StoreBlobs } from './store-blobs.ts';

/** Blobs of up to `LIMITS.smallBlobBytes` go to `small`. One of those that lies in `large` already is found there. */
export function tieredBlobs(small: StoreBlobs, large: BlobStore): BlobStore {
  return {
    // The store is open for as long as anything is.
    open: () => large.open(),
    close: () => large.close(),
    size: async (name) => (await small.size(name)) ?? large.size(name),
    async *read(name, offset) {
      const bytes = await small.whole(name);
      if (bytes === undefined) yield* large.read(name, offset);
      else yield bytes.subarray(offset);
    },
    write: (pieces, expected) => write(small, large, pieces, expected),
    delete: async (name) => {
      await small.delete(name);
      await large.delete(name);
    },
  };
}

/** Holds back no more than a small blob before it knows which it is. */
async function write(
  small: StoreBlobs,
  large: BlobStore,
  pieces: AsyncIterable<Uint8Array>,
  expected: BlobName | undefined,
): Promise<{ name: BlobName; size: number }> {
  const source = pieces[Symbol.asyncIterator]();
  try {
    const held: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const next = await source.next();
      if (next.done === true) return await small.write(inOnePiece(concatBytes(held)), expected);
      size += next.value.byteLength;
      if (size > LIMITS.smallBlobBytes)
        return await large.write(inOrder([...held, next.value], source), expected);
      // Whoever gives pieces may fill one array again and again.
      held.push(next.value.slice());
    }
  } finally {
    await source.return?.();
  }
}

async function* inOrder(
  held: readonly Uint8Array[],
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* held;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}
