/** One who asks for too much is told so by name, or slowed down, and others notice nothing. */
import { request } from 'node:http';
import {
  type BlobName,
  type DeviceId,
  type FolderId,
  sha256,
  silentLogger,
  toHex,
  TREE_DOCUMENT,
} from '@evermesh/core/base';
import { encodeBlobBatch, type FromDevice } from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AddressCount } from './address-count.ts';
import { sharedToken } from './authorizer.ts';
import { FrameRates } from './frame-rates.ts';
import type { RelayOptions } from './open-relay.ts';
import { countedAddress, forwardedAddress } from './peer-address.ts';
import { A, B, FOLDER, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

const OTHER = 'e'.repeat(32) as FolderId;

async function opened(options: Partial<RelayOptions>): Promise<TestRelay> {
  const relay = await TestRelay.open(options);
  onTestFinished(() => relay[Symbol.asyncDispose]());
  return relay;
}

describe('connections', () => {
  test('of one address beyond what it may have are refused by name, and those that it has go on', async () => {
    const clock = new VirtualClock();
    const relay = await opened({ limits: { connectionsPerAddress: 2 }, clock });
    await using first = await TestClient.hello(relay.url);
    await using second = await TestClient.hello(relay.url);
    await expect(TestClient.connect(relay.url)).rejects.toThrow('503');
    const answer = await fetch(`${relay.http}/healthz`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'RELAY_BUSY' }]);
    await Promise.all([first.roundTrip(), second.roundTrip()]);
  });

  test('that are one too many and say nothing are closed after two seconds', async () => {
    const clock = new VirtualClock();
    const relay = await opened({ limits: { connectionsPerAddress: 1 }, clock });
    await using first = await TestClient.hello(relay.url);
    const waiting = request(`${relay.http}/healthz`);
    const closed = new Promise((resolve) => waiting.once('error', resolve));
    waiting.once('socket', (socket) => socket.once('connect', () => undefined));
    const connected = new Promise<void>((resolve) =>
      waiting.once('socket', (socket) => socket.once('connect', resolve)),
    );
    await connected;
    // The relay knows of it once it answers what came later.
    await first.roundTrip();
    clock.advance(2000);
    await closed;
    await first.roundTrip();
  });

  test('through a proxy that is trusted are counted by who is behind it, and through others by the proxy', async () => {
    const trusting = await opened({ limits: { connectionsPerAddress: 1 }, trustedProxies: ['127.0.0.1'] });
    const from = (address: string): { headers: Record<string, string> } => ({
      headers: { 'x-forwarded-for': address },
    });
    await using one = await TestClient.connect(trusting.url, from('192.0.2.1'));
    await expect(TestClient.connect(trusting.url, from('192.0.2.1'))).rejects.toThrow('503');
    // What others wrote before the proxy added what it saw says nothing.
    await expect(TestClient.connect(trusting.url, from('192.0.2.9, 192.0.2.1'))).rejects.toThrow('503');
    await using two = await TestClient.connect(trusting.url, from('192.0.2.2'));
    const wary = await opened({ limits: { connectionsPerAddress: 1 } });
    await using three = await TestClient.connect(wary.url, from('192.0.2.1'));
    await expect(TestClient.connect(wary.url, from('192.0.2.2'))).rejects.toThrow('503');
    expect([one, two, three].flatMap(({ unread }) => unread)).toEqual([]);
  });

  test('that ended make room, and leave nothing behind', () => {
    const count = new AddressCount(2);
    const [first, second] = [count.enter('a'), count.enter('a')];
    expect([count.enter('a'), count.enter('b')]).toEqual([undefined, expect.any(Function)]);
    first?.();
    const third = count.enter('a');
    expect([third, count.enter('a')]).toEqual([expect.any(Function), undefined]);
    second?.();
    third?.();
    expect([count.enter('a'), count.enter('a'), count.enter('a')]).toEqual([
      expect.any(Function),
      expect.any(Function),
      undefined,
    ]);
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('from %s count for %s', (address, counted) => {
    expect(countedAddress(address)).toBe(counted);
  });

  test('are not counted by what is no address', () => {
    for (const header of [undefined, '', 'unknown', '192.0.2.1, nobody'])
      expect(forwardedAddress(header)).toBeUndefined();
    expect(forwardedAddress(['192.0.2.1', '192.0.2.2 , 2001:db8::1'])).toBe('2001:db8::1');
  });
});

describe('frames', () => {
  test('that come faster than a token may send are read later, on each socket with that token and no other', async () => {
    const clock = new VirtualClock();
    const relay = await opened({ limits: { framesPerSecond: 10 }, clock });
    await using fast = await TestClient.hello(relay.url, { token: 'a' });
    await using other = await TestClient.hello(relay.url, { token: 'b' });
    for (let i = 0; i <= 20; i++) await fast.roundTrip();
    fast.send({ type: 'PING' });
    await using same = await TestClient.hello(relay.url, { token: 'a' });
    await same.roundTrip();
    same.send({ type: 'PING' });
    for (let i = 0; i < 5; i++) await other.roundTrip();
    expect([fast.unread, same.unread]).toEqual([[], []]);
    clock.advance(200);
    await Promise.all([fast.next('PONG'), same.next('PONG')]);
  });

  test('are due at the rate, however many come at once', () => {
    const clock = new VirtualClock();
    const rate = new FrameRates(clock, 100).enter('a');
    const waits = Array.from({ length: 300 }, () => rate.spend());
    expect([waits[199], waits[200], waits[299]]).toEqual([0, 10, 1000]);
    clock.advance(1000);
    expect(rate.spend()).toBe(10);
    clock.advance(60_000);
    expect(Array.from({ length: 201 }, () => rate.spend()).filter((wait) => wait > 0)).toEqual([10]);
  });

  test('are not more for whoever connects anew, and nothing is kept of a token that no socket has and that owes nothing', () => {
    const clock = new VirtualClock();
    const rates = new FrameRates(clock, 1);
    const [first, second] = [rates.enter('a'), rates.enter('a')];
    for (let i = 0; i < 10; i++) first.spend();
    first.leave();
    expect(second.spend()).toBeGreaterThan(0);
    second.leave();
    const third = rates.enter('a');
    expect(third.spend()).toBe(10_000);
    third.leave();
    clock.advance(11_000);
    expect(rates.tokens).toBe(1);
    clock.advance(1000);
    expect(rates.tokens).toBe(0);
    expect(rates.enter('a').spend()).toBe(0);
  });
});

describe('what a folder stores', () => {
  const text = (length: number, letter: string): Uint8Array =>
    new Uint8Array(length).fill(letter.charCodeAt(0));
  const put = (author: TestAuthor, body: Uint8Array): FromDevice => ({
    type: 'PUT',
    channel: 1,
    records: [author.record(A, body)],
  });

  test('ends at the quota by name; what is there can be read and put again, and other folders go on', async () => {
    const relay = await opened({ limits: { folderBytes: 1200 } });
    await using client = await TestClient.hello(relay.url);
    await client.open();
    const author = new TestAuthor(client.device);
    const first = put(author, text(600, 'a'));
    client.send(first);
    await client.next('ACK');
    const full = { channel: 1, code: 'QUOTA_EXCEEDED', retryAfter: 60_000 };
    client.send(put(author, text(600, 'b')));
    expect(await client.next('UNTAKEN')).toMatchObject(full);
    // What follows it has a gap; what does not is taken if it fits.
    client.send(put(author, text(10, 'b')));
    expect(await client.next('GAP')).toMatchObject({ document: A });
    client.send({ type: 'PUT', channel: 1, records: [author.record(B, text(300, 'b'))] });
    await client.next('ACK');
    client.send(first);
    await client.next('ACK');
    // Before it was known how to go on, the channel ended.
    await using older = await TestClient.hello(relay.url, { device: 'e'.repeat(32) as DeviceId, version: 4 });
    await older.open();
    older.send(put(new TestAuthor(older.device), text(600, 'e')));
    expect(await older.next('REFUSED')).toMatchObject(full);
    await older.roundTrip();
    client.send({ type: 'OPEN', channel: 2, folder: OTHER, create: true, cursor: undefined });
    await client.next('OPENED');
    await client.next('CHANGED');
    const elsewhere = new TestAuthor('d'.repeat(32) as DeviceId);
    client.send({
      type: 'PUT',
      channel: 2,
      records: [elsewhere.record(B, text(600, 'c'), { folder: OTHER })],
    });
    expect(await client.next('ACK')).toMatchObject({ channel: 2 });
  });

  test('counts what stands around a body: a record that only names things takes room as well', async () => {
    const relay = await opened({ limits: { folderBytes: 1000 } });
    await using client = await TestClient.hello(relay.url);
    await client.open();
    const blobs = Array.from({ length: 40 }, (_, i) => i.toString(16).padStart(64, '0') as BlobName);
    const record = new TestAuthor(client.device).record(A, '', { blobs });
    client.send({ type: 'PUT', channel: 1, records: [record] });
    expect(await client.next('UNTAKEN')).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  test('is told to the operator once a channel when it ends at the quota, however often the device comes', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, info: (line: string) => lines.push(line) };
    const relay = await opened({ limits: { folderBytes: 1000 }, logger });
    await using client = await TestClient.hello(relay.url);
    await client.open();
    const author = new TestAuthor(client.device);
    for (let times = 0; times < 3; times++) {
      client.send(put(author, text(1100, 'a')));
      await client.next('UNTAKEN');
    }
    expect(lines.filter((line) => line === 'a folder has no room')).toHaveLength(1);
  });

  test('counts after a restart as before', async () => {
    const relay = await opened({ limits: { folderBytes: 1000 } });
    const author = new TestAuthor('d'.repeat(32) as DeviceId);
    {
      await using client = await TestClient.hello(relay.url);
      await client.open();
      client.send(put(author, text(600, 'a')));
      await client.next('ACK');
    }
    await relay.stop();
    await relay.start();
    await using client = await TestClient.hello(relay.url);
    await client.open();
    client.send(put(author, text(600, 'b')));
    expect(await client.next('UNTAKEN')).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  test('leaves a sixteenth more to the tree alone: what is removed or renamed in a full folder is told', async () => {
    const relay = await opened({ limits: { folderBytes: 16_000 } });
    await using client = await TestClient.hello(relay.url);
    await client.open();
    const author = new TestAuthor(client.device);
    const say = async (type: 'ACK' | 'UNTAKEN', ...records: Uint8Array[]): Promise<void> => {
      client.send({ type: 'PUT', channel: 1, records });
      await client.next(type);
    };
    await say('ACK', author.record(A, text(15_900, 'a')));
    const tree = (length: number): Uint8Array => author.record(TREE_DOCUMENT, text(length, 't'));
    const removal = tree(200);
    await say('UNTAKEN', removal, author.record(B, text(300, 'b')));
    await say('ACK', removal);
    await say('ACK', tree(300));
    await say('UNTAKEN', tree(400));
  });

  test('counts a blob once that several send at the same time', async () => {
    const relay = await opened({ limits: { folderBytes: 200_000 } });
    const body = text(60_000, 'a');
    const more = text(100_000, 'b');
    const send = (bytes: Uint8Array, pieces: BodyInit): Promise<Response> =>
      fetch(`${relay.http}/v1/folders/${FOLDER}/blobs/${toHex(sha256(bytes))}`, {
        method: 'PUT',
        body: pieces,
        duplex: 'half',
      } as RequestInit);
    const both = [0, 1].map(() => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      return { writer, answer: send(body, readable) };
    });
    // Neither has ended when the other begins.
    for (const { writer } of both) await writer.write(body.slice(0, 30_000));
    for (const { writer } of both) {
      await writer.write(body.slice(30_000));
      await writer.close();
    }
    for (const { answer } of both) expect((await answer).status).toBe(204);
    expect((await send(more, more as Uint8Array<ArrayBuffer>)).status).toBe(204);
  });

  test('counts blobs as they come, gives back what was not kept, and takes what is there already', async () => {
    const relay = await opened({ limits: { folderBytes: 200_000 } });
    const urlOf = (name: string, folder = FOLDER): string =>
      `${relay.http}/v1/folders/${folder}/blobs/${name}`;
    const send = async (
      body: Uint8Array,
      { name = toHex(sha256(body)), folder = FOLDER } = {},
    ): Promise<number> => {
      const init = { method: 'PUT', body: body as Uint8Array<ArrayBuffer> };
      return (await fetch(urlOf(name, folder), init)).status;
    };
    expect(await send(text(150_000, 'a'))).toBe(204);
    expect(await send(text(150_000, 'b'))).toBe(507);
    expect(await send(text(40_000, 'c'), { name: 'f'.repeat(64) })).toBe(422);
    expect(await send(text(150_000, 'a'))).toBe(204);
    expect(await send(text(150_000, 'b'), { folder: OTHER })).toBe(204);
    expect(await send(text(40_000, 'd'))).toBe(204);
    const bytes = text(20_000, 'e');
    const batch = encodeBlobBatch([{ name: toHex(sha256(bytes)) as never, size: 20_000, bytes }]);
    const answer = await fetch(urlOf('put'), { method: 'POST', body: batch as Uint8Array<ArrayBuffer> });
    expect([answer.status, await answer.json()]).toMatchObject([507, { code: 'QUOTA_EXCEEDED' }]);
    expect(await send(text(10_000, 'f'))).toBe(204);
    await relay.stop();
    await relay.start();
    expect(await send(text(1, 'g'))).toBe(507);
  });
});

describe('requests', () => {
  test.each([
    '/v1/folders/../../etc/passwd',
    `/v1/folders/${FOLDER}/blobs/..%2f..%2fstore`,
    `/v1/folders/${FOLDER}/blobs/${'../'.repeat(21)}x`,
    `/v1/folders/${FOLDER}/blobs/${'A'.repeat(64)}`,
    `/v1/folders/${FOLDER}/blobs/${'a'.repeat(63)}%00`,
    `/v1/folders/..%2f..%2f/blobs/${'a'.repeat(64)}`,
    `//evil.example/v1/folders/${FOLDER}/blobs/${'a'.repeat(64)}`,
  ])('for a path that is none, %s, find nothing and write nothing', async (path) => {
    const relay = await opened({});
    const { hostname, port } = new URL(relay.http);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      // `fetch` would tidy the path.
      const put = request({ hostname, port, path, method: 'PUT', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      put.on('error', reject);
      put.end('content');
    });
    expect(status).toBe(404);
  });

  test('that are refused and never end are given up', async () => {
    const clock = new VirtualClock();
    const relay = await opened({ clock, authorizer: sharedToken('secret') });
    const slow = request(`${relay.http}/v1/folders/${FOLDER}/blobs/put`, { method: 'POST' });
    const ended = new Promise((resolve) => slow.once('error', resolve));
    slow.write('a');
    await expect.poll(() => clock.waiting).toBeGreaterThan(1);
    clock.advance(10_000);
    await ended;
  });
});

test('a frame that says it is compressed is refused: nothing is unpacked that could be a bomb', async () => {
  const relay = await opened({});
  await using other = await TestClient.hello(relay.url);
  await using client = await TestClient.hello(relay.url);
  client.compressed();
  // 1002: no such thing was agreed on.
  expect(await client.closed).toBe(1002);
  await other.roundTrip();
});
