import { type Logger, silentLogger } from '@evermesh/core/base';
import { inlineCompaction, orderPrefix, prefixEnd, recordPrefix } from '@evermesh/core/log';
import { decodeRecord, type Heads, NO_HEADS, type Records } from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { A, B, FOLDER, TestAuthor } from './testing/test-author.ts';
import { AT_ONCE, counting } from './testing/counting-codec.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

const DAY = 86_400_000;

let clock: VirtualClock;
let relay: TestRelay;
let writer: TestClient;
let author: TestAuthor;
let went: Promise<void>;

beforeEach(async () => {
  clock = new VirtualClock();
  let tell = (): void => {};
  went = new Promise((resolve) => (tell = resolve));
  const debug: Logger['debug'] = (message) => {
    if (message === 'older records of a document went') tell();
  };
  relay = await TestRelay.open({
    clock,
    logger: { ...silentLogger, debug },
    compaction: { runner: inlineCompaction(counting, AT_ONCE) },
    keepDays: 7,
  });
  writer = await TestClient.hello(relay.url);
  author = new TestAuthor(writer.device);
});

afterEach(async () => {
  await writer[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
});

async function write(count: number): Promise<Uint8Array[]> {
  await writer.open();
  const records = Array.from({ length: count }, (_, i) => author.record(A, `body ${i}`));
  writer.send({ type: 'PUT', channel: 1, records });
  await writer.next('ACK');
  return records;
}

/** The relay is stopped, and started after this time. */
async function restart(later = 0): Promise<void> {
  const { device } = writer;
  await writer[Symbol.asyncDispose]();
  await relay.stop();
  clock.advance(later);
  await relay.start();
  writer = await TestClient.hello(relay.url, { device });
}

/** 20 records, of which the first 15 are older than a week, and gone. */
async function aged(): Promise<Uint8Array[]> {
  const records = await write(15);
  // Somebody opens the folder, and so the relay sees how far its log has come.
  await restart();
  await writer.open();
  await restart(6 * DAY);
  records.push(...(await write(5)));
  await restart();
  await writer.open();
  await restart(2 * DAY);
  await writer.open();
  await went;
  return records;
}

async function pulled(heads: Heads, version?: number): Promise<Records['records']> {
  await using reader = await TestClient.hello(relay.url, version === undefined ? {} : { version });
  await reader.open();
  reader.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads }] });
  return (await reader.next('RECORDS')).records;
}

async function rows(from: string, to: string): Promise<number> {
  const found = [];
  for await (const [key] of relay.disk.iterator({ gte: from, lt: to })) found.push(key);
  return found.length;
}

test('a relay gives what older records came to in their place, and newer ones as they were', async () => {
  const records = await aged();
  for (const held of [NO_HEADS, new Map([[author.id, 3]])]) {
    const [first, ...rest] = await pulled(held);
    const { header, body } = decodeRecord(first as Uint8Array);
    expect([header.kind, ...header.covers]).toEqual(['snapshot', [author.id, 15]]);
    const bytes = records.slice(0, 15).reduce((sum, record) => sum + decodeRecord(record).body.byteLength, 0);
    expect(new TextDecoder().decode(body)).toBe(String(bytes));
    expect(rest).toEqual(records.slice(15));
  }
  expect(await pulled(new Map([[author.id, 15]]))).toEqual(records.slice(15));
  expect(await rows(recordPrefix(FOLDER, A), recordPrefix(FOLDER, B))).toBe(6);
  await restart();
  const [first, ...rest] = await pulled(NO_HEADS);
  expect([decodeRecord(first as Uint8Array).header.kind, rest]).toEqual(['snapshot', records.slice(15)]);
});

test('a device that has read all has its place there still, and one that has long been away compares', async () => {
  await aged();
  const order = orderPrefix(FOLDER);
  await expect.poll(() => rows(order, prefixEnd(order))).toBe(6);
  await using reader = await TestClient.hello(relay.url);
  const { cursor } = await reader.open();
  await using again = await TestClient.hello(relay.url);
  expect(await again.open({ cursor })).toMatchObject({ resumed: true });
  again.send({ type: 'LEAVE', channel: 1 });
  expect(await again.open({ channel: 2, cursor: { ...cursor, seq: 3 } })).toMatchObject({ resumed: false });
});

test('of what is numbered alike and differs, what is here is told apart, and what is gone counts as a repeat', async () => {
  const records = await aged();
  const fork = new TestAuthor(writer.device);
  Object.defineProperty(fork, 'id', { value: author.id });
  const others = records.map((_, i) => fork.record(A, `another body ${i}`));
  writer.send({ type: 'PUT', channel: 1, records: others.slice(0, 15) });
  expect(await writer.next('ACK')).toMatchObject({ counter: 15 });
  writer.send({ type: 'PUT', channel: 1, records: others.slice(15, 16) });
  expect(await writer.next('REFUSED')).toMatchObject({ channel: 1, code: 'DEVICE_FORKED' });
  const [standIn, ...rest] = await pulled(NO_HEADS);
  expect([decodeRecord(standIn as Uint8Array).header.kind, rest]).toEqual(['snapshot', records.slice(15)]);
});

test('what is put again that is gone is a repeat, and what comes next is taken', async () => {
  const records = await aged();
  writer.send({ type: 'PUT', channel: 1, records: [records[0] as Uint8Array] });
  expect(await writer.next('ACK')).toMatchObject({ counter: 1 });
  writer.send({ type: 'PUT', channel: 1, records: [author.record(A, 'more')] });
  expect(await writer.next('ACK')).toMatchObject({ counter: 21 });
});
