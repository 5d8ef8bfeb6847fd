import { type Logger, silentLogger } from '@evermesh/core/base';
import { type CompactionRunner, inlineCompaction, looseRecords, recordPrefix } from '@evermesh/core/log';
import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, test } from 'vitest';
import { A, B, FOLDER, TestAuthor } from './testing/test-author.ts';
import { AT_ONCE, counting } from './testing/counting-codec.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

const RECORDS = 20;

interface World extends AsyncDisposable {
  readonly relay: TestRelay;
  readonly clock: VirtualClock;
  readonly writer: TestClient;
  readonly author: TestAuthor;
  /** Resolves when a document was compacted. */
  readonly compacted: Promise<void>;
}

async function open(runner: CompactionRunner = inlineCompaction(counting, AT_ONCE)): Promise<World> {
  const clock = new VirtualClock();
  let tell = (): void => {};
  const compacted = new Promise<void>((resolve) => (tell = resolve));
  const debug: Logger['debug'] = (message) => {
    if (message === 'a document was compacted') tell();
  };
  const policy = {
    isDue: (index: Parameters<typeof looseRecords>[0]) => looseRecords(index) >= RECORDS,
    isOverdue: () => false,
  };
  const relay = await TestRelay.open({
    clock,
    logger: { ...silentLogger, debug },
    compaction: { runner, policy },
  });
  const writer = await TestClient.hello(relay.url);
  await writer.open();
  return {
    relay,
    clock,
    writer,
    author: new TestAuthor(writer.device),
    compacted,
    [Symbol.asyncDispose]: async () => {
      await writer[Symbol.asyncDispose]();
      await relay[Symbol.asyncDispose]();
    },
  };
}

/** Puts records one by one, and returns them. */
async function write({ writer, author }: World, count: number): Promise<Uint8Array[]> {
  const records = Array.from({ length: count }, (_, i) => author.record(A, `body ${i}`));
  for (const record of records) {
    writer.send({ type: 'PUT', channel: 1, records: [record] });
    await writer.next('ACK');
  }
  return records;
}

async function pulled({ relay }: World): Promise<readonly Uint8Array[]> {
  await using reader = await TestClient.hello(relay.url);
  await reader.open();
  reader.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads: new Map() }] });
  return (await reader.next('RECORDS')).records;
}

async function rows({ relay }: World): Promise<number> {
  const found = [];
  for await (const [key] of relay.disk.iterator({
    gte: recordPrefix(FOLDER, A),
    lt: recordPrefix(FOLDER, B),
  }))
    found.push(key);
  return found.length;
}

describe('a relay that was handed a runner', () => {
  test('packs what lies in a document, and hands out every record as it was', async () => {
    await using world = await open();
    const records = await write(world, RECORDS);
    expect(await rows(world)).toBe(RECORDS);
    world.clock.advance(5000);
    await world.compacted;
    expect(await rows(world)).toBe(1);
    expect(await pulled(world)).toEqual(records);
  });

  test('compacts what somebody wrote who is gone again', async () => {
    await using world = await open();
    await write(world, RECORDS);
    await world.writer[Symbol.asyncDispose]();
    world.clock.advance(5000);
    await world.compacted;
    expect(await rows(world)).toBe(1);
  });

  test('takes what is put while it compacts, and loses none of it when it is opened again', async () => {
    let begun = (): void => {};
    let go = (): void => {};
    const running = new Promise<void>((resolve) => (begun = resolve));
    const inner = inlineCompaction(counting, AT_ONCE);
    await using world = await open({
      async run(job, signal) {
        begun();
        await new Promise<void>((resolve) => (go = resolve));
        return inner.run(job, signal);
      },
      close: () => inner.close(),
    });
    const before = await write(world, RECORDS);
    world.clock.advance(5000);
    await running;
    const records = [...before, ...(await write(world, 5))];
    go();
    await world.compacted;
    expect(await pulled(world)).toEqual(records);
    expect(await rows(world)).toBe(6);
    await world.relay.stop();
    await world.relay.start();
    expect(await pulled(world)).toEqual(records);
  });

  test('abandons what it compacts when it is closed, and closes the runner', async () => {
    let begun = (): void => {};
    let closed = 0;
    const running = new Promise<void>((resolve) => (begun = resolve));
    await using world = await open({
      run: (_job, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          begun();
        }),
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
    });
    const records = await write(world, RECORDS);
    world.clock.advance(5000);
    await running;
    await world.relay.stop();
    expect(closed).toBe(1);
    await world.relay.start();
    expect(await pulled(world)).toEqual(records);
  });
});
