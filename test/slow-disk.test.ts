/**
 * A device whose disk hangs while another one writes much: what waits for the disk in memory is bounded, and so is what a relay sends
 * and holds for it. All of it is there when the disk is.
 */
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { openReplica, type Replica, type Store } from '@evermesh/core';
import { allowEveryone, openRelay } from '@evermesh/server';
import { faulty, observed, VirtualClock } from '@evermesh/testkit';
import { expect, onTestFinished, test } from 'vitest';

const MEBIBYTE = 1024 * 1024;
const FILES = 48;
/** What a device takes before it is durable. */
const TAKEN = 8 * MEBIBYTE;
/** With one frame, which may begin anywhere below that, and the rows that stand beside the records. */
const BOUND = TAKEN + 2 * MEBIBYTE;
/** What a relay holds for a reader that keeps it waiting: more than one frame only until that is more than 1 MiB. */
const HELD = 3 * MEBIBYTE;
/** It takes more when half of it is used, and what came first hangs in a batch of its own. */
const LEAST = TAKEN / 2 - MEBIBYTE;

/** A store whose next batch is late once `hang` was called. */
function hangable(store: Store, clock: VirtualClock): { store: Store; hang: () => void } {
  let batches = store;
  const asked: Store = {
    open: () => store.open(),
    close: () => store.close(),
    get: (key) => store.get(key),
    batch: (operations, options) => batches.batch(operations, options),
    iterator: (range) => store.iterator(range),
  };
  return { store: asked, hang: () => (batches = faulty(store, 1, { clock, milliseconds: 1000 })) };
}

/** What a relay has sent, and what of that waits for those who read. */
async function loadOf(metricsUrl: string): Promise<{ sent: number; waiting: number }> {
  const page = await (await fetch(new URL('/metrics', metricsUrl))).text();
  const of = (name: string): number => {
    const line = page.split('\n').find((one) => one.startsWith(`evermesh_relay_${name} `));
    return Number(line?.split(' ')[1]);
  };
  return { sent: of('frame_bytes_total{direction="out"}'), waiting: of('waiting_bytes') };
}

async function open(name: string, store: Store): Promise<Replica> {
  const replica = await openReplica({ store, blobs: memoryBlobs(), deviceName: name });
  onTestFinished(() => replica.close());
  return replica;
}

test('48 MiB that another device writes while the disk hangs are never all in memory, and arrive', async () => {
  const relay = await openRelay({
    store: memoryStore(),
    blobs: memoryBlobs(),
    listen: { host: '127.0.0.1', port: 0 },
    metrics: { host: '127.0.0.1', port: 0 },
    authorizer: allowEveryone,
    compaction: { runner: threadCompaction() },
  });
  onTestFinished(() => relay.close());
  const ada = await open('ada', memoryStore());
  const folder = await ada.createFolder({ name: 'much' });
  const adas = ada.connect(webSocketTransport(relay.url));
  await adas.whenSynced();

  const clock = new VirtualClock();
  const slow = hangable(memoryStore(), clock);
  const watched = observed(slow.store, clock);
  const largest = { bytes: 0, batches: 0 };
  let hangs = false;
  const ben = await open('ben', {
    open: () => watched.open(),
    close: () => watched.close(),
    get: (key) => watched.get(key),
    iterator: (range) => watched.iterator(range),
    batch: async (operations, options) => {
      const before = watched.observations.batch.bytes;
      // What the disk was given before does not hang: a log that was opened notes by itself how far it has come.
      const isLate = hangs;
      await watched.batch(operations, options);
      largest.bytes = Math.max(largest.bytes, watched.observations.batch.bytes - before);
      if (isLate) largest.batches += 1;
    },
  });
  const bens = await ben.joinFolder(folder.id);
  const link = ben.connect(webSocketTransport(relay.url));
  await link.whenSynced();

  await ben.flush();
  slow.hang();
  hangs = true;
  onTestFinished(() => clock.advance(1000));
  const metricsUrl = relay.metricsUrl as string;
  const { sent: before } = await loadOf(metricsUrl);
  let waiting = 0;
  for (let i = 0; i < FILES; i++) {
    await folder.writeFile(`${i}.txt`, `${i}`.padStart(MEBIBYTE, '.'));
    await adas.whenSynced();
    waiting = Math.max(waiting, (await loadOf(metricsUrl)).waiting);
  }
  // The relay has all of it, and has sent ben as much as he took, and what there is beside: nothing is durable there.
  const { sent } = await loadOf(metricsUrl);
  expect(sent - before).toBeGreaterThan(LEAST);
  expect(sent - before).toBeLessThan(BOUND);
  expect(waiting).toBeLessThan(HELD);
  expect(largest.batches).toBe(0);
  clock.advance(1000);
  await link.whenSynced();
  expect(await bens.readdir('/')).toHaveLength(FILES);
  for (let i = 0; i < FILES; i++)
    expect((await bens.readFile(`${i}.txt`)).byteLength, `${i}.txt`).toBe(MEBIBYTE);
  expect(largest.bytes).toBeGreaterThan(LEAST);
  expect(largest.bytes).toBeLessThan(BOUND);
});
