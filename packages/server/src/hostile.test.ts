/** What somebody does on purpose: it is refused by name, and whoever is beside it notices nothing. */
import { type DeviceId, type DocumentId, utf8 } from '@evermesh/core/base';
import { encodeMessage, type FromDevice } from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { A, B, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

let relay: TestRelay;
let clock: VirtualClock;
let beside: TestClient;

beforeEach(async () => {
  clock = new VirtualClock();
  relay = await TestRelay.open({ clock });
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
