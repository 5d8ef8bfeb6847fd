import type { DeviceId, FolderId } from '@evermesh/core/base';
import { CREDIT_VERSION } from '@evermesh/core/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { A, B, type RecordOptions, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

const FAR = new TestAuthor('f'.repeat(32) as DeviceId).id;

let relay: TestRelay;
let client: TestClient;
let author: TestAuthor;

beforeEach(async () => {
  relay = await TestRelay.open();
  client = await TestClient.hello(relay.url);
  author = new TestAuthor(client.device);
  await client.open();
});

afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
});

const put = (...records: Uint8Array[]): void => client.send({ type: 'PUT', channel: 1, records });

/** What another device finds of a document. */
async function recordsOf(document = A): Promise<Uint8Array[]> {
  await using reader = await TestClient.hello(relay.url);
  await reader.open();
  reader.send({ type: 'PULL', channel: 1, documents: [{ document, heads: new Map() }] });
  const { records } = await reader.next('RECORDS');
  return [...records];
}

describe('PUT', () => {
  test('is acknowledged only when the batch that holds its records is on disk', async () => {
    const reached = relay.disk.hold();
    put(author.record(A, 'one'));
    await reached;
    await client.roundTrip();
    expect(client.unread).toEqual([]);
    relay.disk.release();
    expect(await client.next('ACK')).toMatchObject({ counter: 1, through: { seq: 1 } });
  });

  test('is shown to nobody before it is on disk', async () => {
    await using reader = await TestClient.hello(relay.url);
    await reader.open();
    const reached = relay.disk.hold();
    put(author.record(A, 'one'));
    await reached;
    expect(await recordsOf()).toEqual([]);
    await reader.roundTrip();
    relay.disk.release();
    await client.next('ACK');
    expect((await reader.next('LIVE')).records).toHaveLength(1);
  });

  test('with many records is acknowledged by the last of them', async () => {
    put(author.record(A, 'one'), author.record(B, 'two'), author.record(A, 'three'));
    expect(await client.next('ACK')).toMatchObject({ counter: 3, through: { seq: 3 } });
    expect(await recordsOf()).toHaveLength(2);
  });

  test('after PUT is answered in their order, also when a GAP needs no disk', async () => {
    const reached = relay.disk.hold();
    const first = author.record(A, 'one');
    author.record(B, 'never sent');
    put(first);
    await reached;
    put(author.record(B, 'three'));
    put(author.record(A, 'four'));
    await client.roundTrip();
    relay.disk.release();
    expect(await client.next('ACK')).toMatchObject({ counter: 1 });
    expect(await client.next('GAP')).toMatchObject({ document: B, heads: new Map() });
    expect(await client.next('ACK')).toMatchObject({ counter: 4 });
  });

  test('with a gap stores nothing of the group that has it, and what comes filled is taken', async () => {
    const one = author.record(A, 'one');
    const group = { first: 2, size: 2 };
    const two = author.record(B, 'two', { group });
    const three = author.record(A, 'three', { group });
    put(two, three);
    expect(await client.next('GAP')).toMatchObject({ document: A, heads: new Map() });
    expect(await recordsOf(B)).toEqual([]);
    put(one, two, three);
    await client.next('ACK');
    expect(await recordsOf(A)).toEqual([one, three]);
    expect(await recordsOf(B)).toEqual([two]);
  });

  test('of what is here already is acknowledged and stored once', async () => {
    const one = author.record(A, 'one');
    put(one);
    put(one, author.record(A, 'two'));
    put(one);
    await client.next('ACK');
    await client.next('ACK');
    expect(await client.next('ACK')).toMatchObject({ counter: 1, through: { seq: 2 } });
    expect(await recordsOf()).toHaveLength(2);
  });

  test('of two records numbered alike takes the first and refuses the second by name', async () => {
    const fork = new TestAuthor(client.device);
    Object.defineProperty(fork, 'id', { value: author.id });
    const reached = relay.disk.hold();
    put(author.record(A, 'mine'));
    await reached;
    put(fork.record(A, 'other'));
    await client.roundTrip();
    relay.disk.release();
    await client.next('ACK');
    expect(await client.next('REFUSED')).toMatchObject({ channel: 1, code: 'DEVICE_FORKED' });
    expect(await recordsOf()).toHaveLength(1);
  });

  test('of a record of another folder ends the channel, and no other', async () => {
    const folder = 'e'.repeat(32) as FolderId;
    client.send({ type: 'OPEN', channel: 2, folder, create: true, cursor: undefined });
    await client.next('OPENED');
    await client.next('CHANGED');
    put(author.record(A, 'one'));
    put(author.record(A, 'two', { folder: 'f'.repeat(32) as FolderId }));
    put(author.record(A, 'three'));
    expect(await client.next('ACK')).toMatchObject({ channel: 1, counter: 1 });
    expect(await client.next('REFUSED')).toMatchObject({ channel: 1, code: 'RECORD_MALFORMED' });
    await client.roundTrip();
    expect(await recordsOf()).toHaveLength(1);
    const there = new TestAuthor(client.device).record(A, 'there', { folder });
    client.send({ type: 'PUT', channel: 2, records: [there] });
    expect(await client.next('ACK')).toMatchObject({ channel: 2, counter: 1 });
  });

  test.each([
    ['bytes that are no record', () => [Uint8Array.of(1, 2, 3)]],
    ['records of two authors', () => [author.record(A, 'a'), new TestAuthor(client.device).record(A, 'b')]],
    ['records out of order', () => [author.record(A, 'a'), author.record(A, 'b')].reverse()],
  ])('of %s stores nothing', async (_, records) => {
    put(...records());
    expect(await client.next('REFUSED')).toMatchObject({ code: 'RECORD_MALFORMED' });
    expect(await recordsOf()).toEqual([]);
  });

  test.each<[string, RecordOptions]>([
    ['a snapshot that says who made it', { kind: 'snapshot', covers: new Map([[FAR, 9]]) }],
    ['an update that covers something', { covers: new Map([[FAR, 9]]) }],
  ])('of %s is refused: there is none', async (_, options) => {
    put(author.record(A, 'a', options));
    expect(await client.next('REFUSED')).toMatchObject({ code: 'RECORD_MALFORMED' });
    expect(await recordsOf()).toEqual([]);
  });

  test('of a part of a group, or without its blobs, is taken: a restored device may hold no more', async () => {
    const record = author.record(A, 'a', { group: { first: 1, size: 2 }, blobs: ['0'.repeat(64) as never] });
    put(record);
    expect(await client.next('ACK')).toMatchObject({ counter: 1 });
    expect(await recordsOf()).toEqual([record]);
  });

  test('without a record ends the socket', async () => {
    put();
    expect(await client.next('FAILED')).toMatchObject({ code: 'MESSAGE_MALFORMED' });
  });

  test('to a disk that fails is refused as a trouble of the relay, not of the device', async () => {
    relay.disk.failure = new Error('no space left on device');
    put(author.record(A, 'one'));
    put(author.record(A, 'two'));
    const refused = await client.next('REFUSED');
    expect(refused).toMatchObject({ code: 'RELAY_DRAINING' });
    expect(refused.retryAfter).toBeGreaterThan(0);
    expect(await recordsOf()).toEqual([]);
    expect((await fetch(`${relay.http}/healthz`)).status).toBe(503);
  });

  test('that was taken is acknowledged before the channel ends for another reason', async () => {
    put(author.record(B, 'one'), author.record(B, 'two'));
    await client.next('ACK');
    const reached = relay.disk.hold();
    put(author.record(A, 'one'));
    await reached;
    relay.disk.readFailure = new Error('input/output error');
    client.send({ type: 'PULL', channel: 1, documents: [{ document: B, heads: new Map() }] });
    await client.roundTrip();
    relay.disk.release();
    await client.next('ACK');
    await client.next('REFUSED');
  });

  test('from a device that may only read ends the channel', async () => {
    await using readOnly = await TestRelay.open({ authorizer: { authorize: () => Promise.resolve('read') } });
    await using reader = await TestClient.hello(readOnly.url);
    expect((await reader.open()).grant).toBe('read');
    reader.send({ type: 'PUT', channel: 1, records: [author.record(A, 'one')] });
    expect(await reader.next('REFUSED')).toMatchObject({ code: 'AUTH_DENIED' });
  });

  test('is read no faster than the disk takes it', async () => {
    await using bystander = await TestClient.hello(relay.url);
    // One that keeps to credit never sends so much.
    await using older = await TestClient.hello(relay.url, { version: CREDIT_VERSION - 1 });
    await older.open();
    const reached = relay.disk.hold();
    const count = 5;
    for (let i = 0; i < count; i++) {
      const record = author.record(A, new Uint8Array(2 * 1024 * 1024));
      older.send({ type: 'PUT', channel: 1, records: [record] });
    }
    older.send({ type: 'PING' });
    await reached;
    for (let i = 0; i < 10; i++) await bystander.roundTrip();
    expect(older.unread).toEqual([]);
    relay.disk.release();
    const types: string[] = [];
    while (types.length <= count) types.push((await older.any()).type);
    expect(types.toSorted()).toEqual([...Array<string>(count).fill('ACK'), 'PONG']);
  });

  test('survives a power cut once it is acknowledged', async () => {
    const record = author.record(A, 'one');
    put(record);
    await client.next('ACK');
    await relay.losePower();
    await relay.start();
    expect(await recordsOf()).toEqual([record]);
  });
});

test('a folder is shown to whoever asks for that folder only', async () => {
  put(author.record(A, 'one'));
  await client.next('ACK');
  await using other = await TestClient.hello(relay.url);
  other.send({
    type: 'OPEN',
    channel: 1,
    folder: 'f'.repeat(32) as FolderId,
    create: true,
    cursor: undefined,
  });
  expect(await other.next('OPENED')).toMatchObject({ cursor: { seq: 0 } });
  expect(await other.next('CHANGED')).toMatchObject({ documents: [] });
});
