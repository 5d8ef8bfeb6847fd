/** A store and a blob store in memory: for tests, demonstrations and devices that keep nothing. */
import { type BlobName, concatBytes, copyOf, sha256, toHex } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { BlobStore, Store, StoreOperation } from '@evermesh/core/log';
import { MemoryLevel } from 'memory-level';

/** A store that keeps its rows for as long as it is referenced, also while it is closed. */
export function memoryStore(): Store {
  const database = new MemoryLevel<string, Uint8Array>({
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    storeEncoding: 'view',
  });
  return {
    open: () => database.open(),
    close: () => database.close(),
    get: (key) => database.get(key),
    // Nothing survives a power cut here, so there is nothing to sync. Values are copied: the caller's arrays are its own.
    batch: (operations) => database.batch(operations.map(copied)),
    iterator: (range) => database.iterator(range),
  };
}

function copied(operation: StoreOperation): StoreOperation {
  // What is no array is left to the database to refuse.
  const isPut = operation.type === 'put' && operation.value instanceof Uint8Array;
  return isPut ? { ...operation, value: copyOf(operation.value) } : operation;
}

/** Blobs in memory, each as one array. */
export function memoryBlobs(): BlobStore {
  const blobs = new Map<BlobName, Uint8Array>();
  return {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    size: (name) => Promise.resolve(blobs.get(name)?.byteLength),
    async *read(name, offset = 0) {
      const bytes = blobs.get(name);
      if (bytes === undefined) {
        throw new EvermeshError('BLOB_NOT_FOUND', `Blob ${name} is not here.`, { details: { name } });
      }
      yield bytes.subarray(offset);
    },
    async write(source, expected) {
      const pieces: Uint8Array[] = [];
      for await (const piece of source) pieces.push(copyOf(piece));
      const bytes = concatBytes(pieces);
      const name = toHex(sha256(bytes)) as BlobName;
      if (expected !== undefined && name !== expected) {
        throw new EvermeshError('BLOB_DAMAGED', `The bytes of blob ${expected} do not hash to its name.`, {
          details: { name: expected },
        });
      }
      if (!blobs.has(name)) blobs.set(name, bytes);
      return { name, size: bytes.byteLength };
    },
    delete: (name) => {
      blobs.delete(name);
      return Promise.resolve();
    },
  };
}
