import { type BlobPlace, type StorePlace, testBlobStore, testLog, testStore } from '@evermesh/testkit';
import { describe, test } from 'vitest';
import { memoryBlobs, memoryStore } from './memory.ts';

function newStorePlace(): Promise<StorePlace> {
  const store = memoryStore();
  return Promise.resolve({ store: () => store, remove: () => Promise.resolve() });
}

function newBlobPlace(): Promise<BlobPlace> {
  const blobs = memoryBlobs();
  return Promise.resolve({ blobs: () => blobs, remove: () => Promise.resolve() });
}

testStore('memoryStore', newStorePlace, { describe, test });
testBlobStore('memoryBlobs', newBlobPlace, { describe, test });
testLog('memoryStore', newStorePlace, { describe, test });
