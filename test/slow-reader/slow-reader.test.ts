import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { allowEveryone, openRelay } from '@evermesh/server';
import { expect, test } from 'vitest';
import { type Look, stallReader } from './stall-reader.ts';

const MIB = 1024 * 1024;

test('of a reader that stops reading the relay holds a bounded number of bytes, and it catches up', async () => {
  await using relay = await openRelay({
    store: memoryStore(),
    blobs: memoryBlobs(),
    listen: { host: '127.0.0.1', port: 0 },
    metrics: { host: '127.0.0.1', port: 0 },
    authorizer: allowEveryone,
    compaction: { runner: threadCompaction() },
  });
  const looks: Look[] = [];
  const isEqual = await stallReader({ url: relay.url, metricsUrl: relay.metricsUrl as string }, (look) => {
    looks.push(look);
    // Beyond what the system's own buffers take: from then on the relay has to decide what it holds.
    return look.written >= 24 * MIB && looks.some(({ waiting }) => waiting > MIB);
  });
  expect(isEqual).toBe(true);
  // One frame may pass the bound: a batch of records that became durable together.
  expect(Math.max(...looks.map(({ waiting }) => waiting))).toBeLessThan(8 * MIB);
});
