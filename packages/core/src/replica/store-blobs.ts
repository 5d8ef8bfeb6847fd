/** Blobs kept in the store itself: for browsers and tests, where contents that are not text are few and small. */
import { type BlobName, concatBytes, sha256, toHex } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { BlobStore, Store } from '../log/index.ts';

const keyOf = (name: BlobName): string => `blob/${name}`;

export function storeBlobs(store: Store): BlobStore {
  return {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    size: async (name) => (await store.get(keyOf(name)))?.byteLength,
    async *read(name, offset = 0) {
      const bytes = await store.get(keyOf(name));
      if (bytes === undefined)
        throw new EvermeshError('BLOB_NOT_FOUND', `Blob ${name} is not here.`, { details: { name } });
      if (toHex(sha256(bytes)) !== name) throw damaged(name);
      yield bytes.subarray(offset);
    },
    async write(source, expected) {
      const pieces: Uint8Array[] = [];
      for await (const piece of source) pieces.push(piece.slice());
      const value = concatBytes(pieces);
      const name = toHex(sha256(value)) as BlobName;
      if (expected !== undefined && name !== expected) throw damaged(expected);
      if ((await store.get(keyOf(name))) === undefined) {
        await store.batch([{ type: 'put', key: keyOf(name), value }], { sync: true });
      }
      return { name, size: value.byteLength };
    },
    delete: (name) => store.batch([{ type: 'del', key: keyOf(name) }], { sync: true }),
  };
}

const damaged = (name: BlobName): EvermeshError =>
  new EvermeshError('BLOB_DAMAGED', `The bytes of blob ${name} do not hash to its name.`, {
    details: { name },
  });
