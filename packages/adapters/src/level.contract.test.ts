import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StorePlace, testLog, testStore } from '@evermesh/testkit';
import { describe, test } from 'vitest';
import { levelStore } from './level.ts';

async function newPlace(): Promise<StorePlace> {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-level-'));
  return {
    store: () => levelStore(join(directory, 'store')),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

testStore('levelStore', newPlace, { describe, test });
testLog('levelStore', newPlace, { describe, test });
