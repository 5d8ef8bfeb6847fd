import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobPlace, testBlobStore } from '@evermesh/testkit';
import { describe, test } from 'vitest';
import { fileBlobs } from './blob-files.ts';

async function newPlace(): Promise<BlobPlace> {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-blobs-'));
  return {
    blobs: () => fileBlobs(join(directory, 'blobs')),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

testBlobStore('fileBlobs', newPlace, { describe, test });
