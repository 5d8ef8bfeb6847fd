import { inlineCompaction } from '@evermesh/core/log';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { levelStore } from '@evermesh/adapters/level';
import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, test } from 'vitest';
import { allowEveryone, sharedToken } from './authorizer.ts';
import { openRelay, type RelayOptions } from './open-relay.ts';
import { A, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';
import { AT_ONCE, counting } from './testing/counting-codec.ts';

const options = (): RelayOptions => ({
  store: memoryStore(),
  blobs: memoryBlobs(),
  listen: { host: '127.0.0.1', port: 0 },
  authorizer: allowEveryone,
  compaction: { runner: inlineCompaction(counting, AT_ONCE) },
});

describe('a relay', () => {
  test('that would serve everybody beyond this computer does not open', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'relay.example']) {
      await expect(openRelay({ ...options(), listen: { host, port: 0 } })).rejects.toMatchObject({
        code: 'RELAY_UNSAFE',
      });
    }
  });

  test('with a token listens where it is told to', async () => {
    await using relay = await openRelay({
      ...options(),
      listen: { host: '0.0.0.0', port: 0 },
      authorizer: sharedToken('secret'),
    });
    await using client = await TestClient.hello(relay.url.replace('0.0.0.0', '127.0.0.1'), {
      token: 'secret',
    });
    await client.open();
  });

  test('that is to keep records for less than a day, or for no number of days, does not open', async () => {
    for (const keepDays of [0, -1, 0.5, Number.NaN])
      await expect(openRelay({ ...options(), keepDays })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('that is to take nothing, or no number of bytes, does not open', async () => {
    for (const pendingBytes of [0, -1, Number.NaN]) {
      const opening = openRelay({ ...options(), limits: { pendingBytes } });
      await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });

  test('has no empty token', () => {
    expect(() => sharedToken('')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
  });

  test('whose port is taken says so, and lets go of its store', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen({ host: '127.0.0.1', port: 0 }, resolve));
    const { port } = taken.address() as { port: number };
    const store = memoryStore();
    const listen = { host: '127.0.0.1', port };
    await expect(openRelay({ ...options(), store, listen })).rejects.toMatchObject({
      code: 'RELAY_PORT_IN_USE',
    });
    await new Promise((resolve) => taken.close(resolve));
    await (await openRelay({ ...options(), store, listen })).close();
  });

  test('that cannot listen there says so', async () => {
    const listen = { host: '192.0.2.1', port: 0 };
    const authorizer = sharedToken('secret');
    await expect(openRelay({ ...options(), listen, authorizer })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test('whose store another one has open does not open', async () => {
    await using first = await TestRelay.open();
    const store = levelStore(join(first.directory, 'store'));
    await expect(openRelay({ ...options(), store })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  });
});

describe('closing a relay', () => {
  test('answers what was put, says that it stops, and keeps everything', async () => {
    await using relay = await TestRelay.open();
    await using client = await TestClient.hello(relay.url);
    const record = new TestAuthor(client.device).record(A, 'one');
    await client.open();
    const reached = relay.disk.hold();
    client.send({ type: 'PUT', channel: 1, records: [record] });
    await reached;
    const stopped = relay.stop();
    relay.disk.release();
    await client.next('ACK');
    expect(await client.next('FAILED')).toMatchObject({ code: 'RELAY_DRAINING' });
    expect(await client.closed).toBe(1001);
    await stopped;
    await relay.start();
    await using reader = await TestClient.hello(relay.url);
    expect((await reader.open()).cursor.seq).toBe(1);
    reader.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads: new Map() }] });
    expect((await reader.next('RECORDS')).records).toEqual([record]);
  });

  test('waits for no one who does not read', async () => {
    const clock = new VirtualClock();
    await using relay = await TestRelay.open({ clock });
    await using writer = await TestClient.hello(relay.url);
    await using reader = await TestClient.hello(relay.url);
    const author = new TestAuthor(writer.device);
    await writer.open();
    await reader.open();
    reader.pause();
    for (let i = 0; i < 40; i++) {
      writer.send({ type: 'PUT', channel: 1, records: [author.record(A, new Uint8Array(256 * 1024))] });
      await writer.next('ACK');
    }
    const stopped = relay.stop();
    clock.advance(2000);
    await stopped;
    reader.resume();
    await reader.closed;
  });

  test('twice is the same as once', async () => {
    const relay = await openRelay(options());
    await Promise.all([relay.close(), relay.close()]);
    await relay[Symbol.asyncDispose]();
  });
});
