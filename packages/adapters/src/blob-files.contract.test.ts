import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobStore } from '@evermesh/core';
import { Committer, StoreBlobs, tieredBlobs } from '@evermesh/core/log';
import { type BlobPlace, testBlobStore } from '@evermesh/testkit';
import { describe, test } from 'vitest';
import { fileBlobs } from './blob-files.ts';
import { levelStore } from './level.ts';

async function newPlace(): Promise<BlobPlace> {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-blobs-'));
  return {
    blobs: () => fileBlobs(join(directory, 'blobs')),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** As a replica and a relay use them: small ones in the store, which is opened and closed by whoever owns it. */
async function newPlaceBesideStore(): Promise<BlobPlace> {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-blobs-'));
  const blobs = (): BlobStore => {
    const store = levelStore(join(directory, 'store'));
    const tiers = tieredBlobs(
      new StoreBlobs(store, new Committer(store)),
      fileBlobs(join(directory, 'blobs')),
    );
    const open = () => store.open().then(() => tiers.open());
    const close = () => tiers.close().then(() => store.close());
    return { ...tiers, open, close };
  };
  return { blobs, remove: () => rm(directory, { recursive: true, force: true }) };
}

testBlobStore('fileBlobs', newPlace, { describe, test });
testBlobStore('fileBlobs beside a store', newPlaceBesideStore, { describe, test });
