import { memoryBlobs } from '@evermesh/adapters/memory';
import { type BlobPlace, testBlobStore } from '@evermesh/testkit';
import { describe, test } from 'vitest';
import { memoryStore } from '../testing/memory-store.ts';
import { Committer } from './committer.ts';
import { StoreBlobs } from './store-blobs.ts';
import { tieredBlobs } from './tiered-blobs.ts';

const remove = (): Promise<void> => Promise.resolve();

function newStore(): Promise<BlobPlace> {
  const store = memoryStore();
  return Promise.resolve({ blobs: () => new StoreBlobs(store, new Committer(store)), remove });
}

function newTiers(): Promise<BlobPlace> {
  const store = memoryStore();
  const large = memoryBlobs();
  const blobs = () => tieredBlobs(new StoreBlobs(store, new Committer(store)), large);
  return Promise.resolve({ blobs, remove });
}

testBlobStore('StoreBlobs', newStore, { describe, test });
testBlobStore('tieredBlobs', newTiers, { describe, test });
