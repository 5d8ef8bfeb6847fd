/** Small blobs in a store, larger ones in a blob store beside it. Where a blob is put follows from its size alone. */
import { begun, type BlobName, inOnePiece } from '../base/index.ts';
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
function write(
  small: StoreBlobs,
  large: BlobStore,
  pieces: AsyncIterable<Uint8Array>,
  expected: BlobName | undefined,
): Promise<{ name: BlobName; size: number }> {
  return begun(pieces, LIMITS.smallBlobBytes, (blob) =>
    'whole' in blob ? small.write(inOnePiece(blob.whole), expected) : large.write(blob.long, expected),
  );
}
