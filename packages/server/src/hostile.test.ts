/** What somebody does on purpose: it is refused by name, and whoever is beside it notices nothing. */
import {
  authorOf,
  type DeviceId,
  type DocumentId,
  type FolderId,
  newRunId,
  systemRandom,
  utf8,
} from '@evermesh/core/base';
import { encodeMessage, type FromDevice, type Grant, LIMITS } from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { A, B, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

/** The token of who may only read. */
const READER = 'reader';
const OTHER = 'e'.repeat(32) as FolderId;

let relay: TestRelay;
let clock: VirtualClock;
let beside: TestClient;

beforeEach(async () => {
  clock = new VirtualClock();
  const authorize = (token: string): Promise<Grant> => Promise.resolve(token === READER ? 'read' : 'write');
  relay = await TestRelay.open({ clock, authorizer: { authorize } });
  beside = await TestClient.hello(relay.url);
  await beside.open();
});

afterEach(async () => {
  const author = new TestAuthor(beside.device);
  beside.send({ type: 'PUT', channel: 1, records: [author.record(B, 'undisturbed')] });
  await beside.next('ACK');
  await beside[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
});

test('a PUT as long as a frame may be is told by name to others, for it is longer with its place, and they get its records', async () => {
  await using client = await TestClient.hello(relay.url);
  await client.open();
  const half = LIMITS.frameBytes / 2;
  const putOf = (length: number): FromDevice => {
    const author = new TestAuthor(client.device);
    const records = [half, length].map((each) => author.record(A, new Uint8Array(each)));
    return { type: 'PUT', channel: 1, records };
  };
  const headroom = 1024;
  const spare = LIMITS.frameBytes - encodeMessage(putOf(half - headroom)).byteLength;
  const longest = putOf(half - headroom + spare);
  expect(encodeMessage(longest)).toHaveLength(LIMITS.frameBytes);
  client.send(longest);
  await client.next('ACK');
  const changed = await beside.next('CHANGED');
  expect(changed.documents).toMatchObject([{ document: A }]);
  beside.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads: new Map() }] });
  expect((await beside.next('RECORDS')).records).toHaveLength(1);
  expect((await beside.next('RECORDS')).records).toHaveLength(1);
});

describe('a forged document id', () => {
  const ids = ['../../relay/clean', 'a/b', '', 'a'.repeat(65), 'a\0b', 'f/x/o/', 'é'] as DocumentId[];

  test.each(ids)('in a record is refused, and writes nothing: %j', async (document) => {
    await using client = await TestClient.hello(relay.url);
    await client.open();
    const batches = relay.disk.batches;
    client.send({ type: 'PUT', channel: 1, records: [new TestAuthor(client.device).record(document, 'x')] });
    expect(await client.next('REFUSED')).toMatchObject({ code: 'RECORD_MALFORMED' });
    await client.roundTrip();
    expect(relay.disk.batches).toBe(batches);
  });

  test.each(ids)('in a message ends the socket: %j', async (document) => {
    const messages: FromDevice[] = [
      { type: 'PULL', channel: 1, documents: [{ document, heads: new Map() }] },
      { type: 'AWARENESS', channel: 1, document, state: utf8('x') },
    ];
    for (const message of messages) {
      await using client = await TestClient.hello(relay.url);
      await client.open();
      client.send(message);
      expect(await client.next('FAILED')).toMatchObject({ code: 'MESSAGE_MALFORMED' });
    }
    expect(beside.unread).toEqual([]);
  });
});

describe('in the name of another device', () => {
  test('what it wrote cannot be replaced, and it goes on as before', async () => {
    await using client = await TestClient.hello(relay.url);
    await client.open();
    const author = new TestAuthor(client.device);
    const first = author.record(A, 'mine');
    client.send({ type: 'PUT', channel: 1, records: [first] });
    await client.next('ACK');
    await beside.next('LIVE');

    await using forger = await TestClient.hello(relay.url, { device: 'd'.repeat(32) as DeviceId });
    await forger.open();
    const forged = Object.assign(new TestAuthor(client.device), { id: author.id });
    forger.send({ type: 'PUT', channel: 1, records: [forged.record(A, 'yours')] });
    expect(await forger.next('REFUSED')).toMatchObject({ code: 'DEVICE_FORKED' });

    client.send({ type: 'PUT', channel: 1, records: [first] });
    client.send({ type: 'PUT', channel: 1, records: [author.record(A, 'more')] });
    expect(await client.next('ACK')).toMatchObject({ counter: 1 });
    expect(await client.next('ACK')).toMatchObject({ counter: 2 });
    await beside.next('LIVE');
  });

  test('a socket that says so in HELLO hears and ends nothing of that device’s', async () => {
    await using client = await TestClient.hello(relay.url);
    await client.open();
    await using forger = await TestClient.hello(relay.url, { device: client.device });
    await forger.open();
    forger.raw(Uint8Array.of(255));
    await forger.next('FAILED');
    await forger.closed;
    await client.roundTrip();
    expect(client.unread).toEqual([]);
  });
});

test('PUTs that are recorded and played again, in any order and on another socket, store nothing and lose nothing', async () => {
  await using client = await TestClient.hello(relay.url);
  await client.open();
  const author = new TestAuthor(client.device);
  const puts = Array.from({ length: 6 }, (_, i): FromDevice => {
    const records = [author.record(A, `${i}`), author.record(B, `${i}`)];
    return { type: 'PUT', channel: 1, records };
  });
  client.send(...puts);
  for (const _ of puts) await client.next('ACK');
  for (let told = 0; told < 2 * puts.length;) told += (await beside.next('LIVE')).records.length;
  await using player = await TestClient.hello(relay.url);
  const before = (await player.open()).cursor.seq;
  player.send(...puts.toReversed(), ...puts);
  for (let i = 0; i < 2 * puts.length; i++) await player.next('ACK');
  await beside.roundTrip();
  expect(beside.unread).toEqual([]);
  await using after = await TestClient.hello(relay.url);
  expect((await after.open()).cursor.seq).toBe(before);
});

describe('who may only read', () => {
  const forged = '../../relay/clean' as DocumentId;
  type Forge = (author: TestAuthor, replayed: Uint8Array) => Uint8Array[];

  test.each<[string, Forge]>([
    ['a record', (author) => [author.record(A, 'x')]],
    ['a forged document id', (author) => [author.record(forged, 'x')]],
    ['a record of another folder', (author) => [author.record(A, 'x', { folder: OTHER })]],
    ['a record of another device, as that put it', (_, replayed) => [replayed]],
    ['records out of order', (author) => [author.record(A, 'x'), author.record(A, 'y')].toReversed()],
    [
      'a record in the name of another device',
      (author) => {
        const name = authorOf('d'.repeat(32) as DeviceId, newRunId(systemRandom));
        return [Object.assign(author, { id: name }).record(A, 'x')];
      },
    ],
    ['a part of a group', (author) => [author.record(A, 'x', { group: { first: 1, size: 9 } })]],
    ['bytes that are no record', () => [utf8('no record')]],
    ['nothing', () => []],
  ])('and puts %s is refused by name, and nothing is written or handed on', async (_, forge) => {
    const writer = new TestAuthor(beside.device);
    const written = writer.record(A, 'written');
    beside.send({ type: 'PUT', channel: 1, records: [written] });
    await beside.next('ACK');
    await using reader = await TestClient.hello(relay.url, { token: READER });
    expect((await reader.open()).grant).toBe('read');
    // The format, the record, and when it came: that is written last, and nobody is told of it.
    await expect.poll(() => relay.disk.batches).toBe(3);
    reader.send({ type: 'PUT', channel: 1, records: forge(new TestAuthor(reader.device), written) });
    expect(await reader.next('REFUSED')).toMatchObject({ channel: 1, code: 'AUTH_DENIED' });
    await Promise.all([reader.roundTrip(), beside.roundTrip()]);
    expect([relay.disk.batches, beside.unread]).toEqual([3, []]);
    // It may still read.
    reader.send({ type: 'LEAVE', channel: 1 });
    expect((await reader.open()).cursor.seq).toBe(1);
    reader.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads: new Map() }] });
    expect((await reader.next('RECORDS')).records).toEqual([written]);
  });

  test('and goes on putting is ended where its credit is', async () => {
    await using reader = await TestClient.hello(relay.url, { token: READER });
    await reader.open();
    const author = new TestAuthor(reader.device);
    const { batches } = relay.disk;
    for (let i = 0; i < 3; i++)
      reader.send({ type: 'PUT', channel: 1, records: [author.record(A, new Uint8Array(40_000))] });
    let told = await reader.any();
    if (told.type === 'REFUSED') told = await reader.any();
    expect(told).toMatchObject({ type: 'FAILED', code: 'MESSAGE_BEYOND_CREDIT' });
    await reader.closed;
    expect([relay.disk.batches, beside.unread]).toEqual([batches, []]);
  });

  test('leaves nothing of folders that it claims to have records of', async () => {
    await using reader = await TestClient.hello(relay.url, { token: READER });
    const { batches } = relay.disk;
    for (let channel = 1; channel <= 20; channel++) {
      const folder = channel.toString(16).padStart(32, '0') as FolderId;
      reader.send({ type: 'OPEN', channel, folder, create: true, cursor: undefined });
      expect(await reader.next('OPENED')).toMatchObject({ channel, grant: 'read', cursor: { seq: 0 } });
      await reader.next('CHANGED');
      const records = [new TestAuthor(reader.device).record(A, 'x', { folder })];
      reader.send({ type: 'PUT', channel, records });
      expect(await reader.next('REFUSED')).toMatchObject({ channel, code: 'AUTH_DENIED' });
      reader.send({ type: 'LEAVE', channel });
    }
    await reader.roundTrip();
    expect(relay.disk.batches).toBe(batches);
  });
});

describe('who is as slow as can be', () => {
  test('with the bytes of a first frame is ended after ten seconds, however many come', async () => {
    const client = await TestClient.connect(relay.url);
    const hello: FromDevice = {
      type: 'HELLO',
      version: 1,
      device: client.device,
      label: '',
      token: '',
      credit: undefined,
    };
    for (const byte of encodeMessage(hello).subarray(0, 9)) {
      client.part(Uint8Array.of(byte));
      clock.advance(1000);
    }
    clock.advance(1000);
    expect(await client.next('FAILED')).toMatchObject({ code: 'MESSAGE_UNEXPECTED' });
    await client.closed;
  });
});
