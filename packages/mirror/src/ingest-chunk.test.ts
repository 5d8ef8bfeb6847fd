import type { FolderNodes, NodeId, NodeOperation } from '@evermesh/core';
import { beforeEach, expect, test } from 'vitest';
import type { Ancestor } from './ancestor.ts';
import type { Disk } from './disk.ts';
import { IngestChunk } from './ingest-chunk.ts';

const operation: NodeOperation = { type: 'remove', ids: ['0aaaaaaaaaaaaaaaa' as NodeId] };
let applied: number;
let chunk: IngestChunk;

beforeEach(() => {
  applied = 0;
  const nodes = {
    apply: (operations: readonly NodeOperation[]) => {
      applied += operations.length;
      return Promise.resolve({ failures: new Map(), heads: new Map(), stayed: new Set() });
    },
  } as unknown as FolderNodes;
  const ancestor = { rows: () => [], took: () => undefined } as unknown as Ancestor;
  chunk = new IngestChunk(
    { nodes, ancestor, disk: {} as Disk, tell: () => undefined },
    { refused: () => undefined, stayed: () => undefined },
  );
});

test('no operation is done before the contents that all of them name are kept', async () => {
  let end = (): void => undefined;
  const kept = new Promise<void>((resolve) => (end = resolve));
  await chunk.add({ path: '', changes: [], operation });
  await chunk.add({ path: '', changes: [], operation, keep: () => kept });
  let isFlushed = false;
  const flushing = chunk.flush().then(() => (isFlushed = true));
  await new Promise(setImmediate);
  expect([applied, isFlushed]).toEqual([0, false]);
  end();
  await flushing;
  expect(applied).toBe(2);
});

test('a content that cannot be kept ends the chunk, and nothing of it is done', async () => {
  const keep = (): Promise<void> => Promise.reject(new Error('no space left'));
  await chunk.add({ path: '', changes: [], operation, keep });
  await expect(chunk.flush()).rejects.toThrow('no space left');
  expect(applied).toBe(0);
});
