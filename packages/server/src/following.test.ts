import { equalBytes } from '@evermesh/core/base';
import { type Cursor, decodeRecord, type Opened } from '@evermesh/core/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { A, B, FOLDER, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

let relay: TestRelay;
let writer: TestClient;
let author: TestAuthor;

beforeEach(async () => {
  relay = await TestRelay.open();
  writer = await TestClient.hello(relay.url);
  author = new TestAuthor(writer.device);
  await writer.open();
});

afterEach(async () => {
  await writer[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
});

/** Puts the records in one PUT, and returns the cursor behind them. */
async function write(...records: Uint8Array[]): Promise<Cursor> {
  writer.send({ type: 'PUT', channel: 1, records });
  await writer.next('ACK');
  return endOfLog();
}

async function endOfLog(): Promise<Cursor> {
  await using reader = await TestClient.hello(relay.url);
  return (await reader.open()).cursor;
}

/** Opens the folder at a cursor; what follows OPENED is left to the test. */
async function openAt(reader: TestClient, cursor: Cursor | undefined): Promise<Opened> {
  reader.send({ type: 'OPEN', channel: 1, folder: FOLDER, create: false, cursor });
  return reader.next('OPENED');
}

describe('a reader', () => {
  test('that comes first is told of every document, and pulls what it wants', async () => {
    const [one, two] = [author.record(A, 'one'), author.record(B, 'two')];
    const cursor = await write(one, two, author.record(A, 'three'));
    await using reader = await TestClient.hello(relay.url);
    expect(await openAt(reader, undefined)).toMatchObject({ resumed: false, grant: 'write', cursor });
    const { documents, through } = await reader.next('CHANGED');
    expect(through).toEqual(cursor);
    expect(documents).toMatchObject([
      { document: B, seq: 2, heads: new Map([[author.id, 2]]) },
      { document: A, seq: 3, heads: new Map([[author.id, 3]]) },
    ]);
    const heads = new Map([[author.id, 1]]);
    reader.send({
      type: 'PULL',
      channel: 1,
      documents: [
        { document: A, heads },
        { document: B, heads: new Map() },
      ],
    });
    const { records, done } = await reader.next('RECORDS');
    expect(records.map((bytes) => decodeRecord(bytes).header.counter)).toEqual([3, 2]);
    expect(done).toEqual([A, B]);
  });

  test('that stands at the end is told nothing', async () => {
    const cursor = await write(author.record(A, 'one'));
    await using reader = await TestClient.hello(relay.url);
    expect(await openAt(reader, cursor)).toMatchObject({ resumed: true, cursor });
    await reader.roundTrip();
    expect(reader.unread).toEqual([]);
  });

  test('that was away is told what changed behind its cursor, and then follows', async () => {
    const cursor = await write(author.record(A, 'one'));
    await write(author.record(B, 'two'));
    await using reader = await TestClient.hello(relay.url);
    expect(await openAt(reader, cursor)).toMatchObject({ resumed: true, cursor: { seq: 2 } });
    expect((await reader.next('CHANGED')).documents).toMatchObject([{ document: B }]);
    const end = await write(author.record(A, 'three'));
    const live = await reader.next('LIVE');
    expect(live.through).toEqual({ seq: end.seq, digest: end.digest });
    expect(live.records.map((bytes) => decodeRecord(bytes).header.counter)).toEqual([3]);
  });

  test.each<[string, (cursor: Cursor) => Cursor]>([
    ['of another epoch', (cursor) => ({ ...cursor, epoch: 'f'.repeat(32) as never })],
    ['behind the end', (cursor) => ({ ...cursor, seq: cursor.seq + 1 })],
    ['with another digest', (cursor) => ({ ...cursor, digest: new Uint8Array(16).fill(1) })],
  ])('with a cursor %s is told of everything', async (_, changed) => {
    await write(author.record(A, 'one'));
    const cursor = await write(author.record(B, 'two'));
    await using reader = await TestClient.hello(relay.url);
    expect((await openAt(reader, changed(cursor))).resumed).toBe(false);
    expect((await reader.next('CHANGED')).documents).toHaveLength(2);
  });

  test('of many documents is told in pages of which the last names the place', async () => {
    for (let i = 0; i < 3; i++) {
      const records = Array.from({ length: 500 }, (_, j) => author.record(`d${i}-${j}` as never, 'x'));
      writer.send({ type: 'PUT', channel: 1, records });
      await writer.next('ACK');
    }
    await using reader = await TestClient.hello(relay.url);
    const { cursor } = await openAt(reader, undefined);
    const first = await reader.next('CHANGED');
    expect(first.through).toBeUndefined();
    expect(first.documents).toHaveLength(1000);
    const second = await reader.next('CHANGED');
    expect(second.through).toEqual(cursor);
    expect(new Set([...first.documents, ...second.documents].map(({ document }) => document)).size).toBe(
      1500,
    );
  });

  test('is sent everything that others put, in order, and nothing of its own', async () => {
    await using reader = await TestClient.hello(relay.url);
    const own = new TestAuthor(reader.device);
    await reader.open();
    await write(author.record(A, 'one'));
    const live = await reader.next('LIVE');
    reader.send({ type: 'PUT', channel: 1, records: [own.record(A, 'two')] });
    const ack = await reader.next('ACK');
    expect([live.through.seq, ack.through.seq]).toEqual([1, 2]);
    expect((await writer.next('LIVE')).through).toEqual(ack.through);
    expect(reader.unread).toEqual([]);
  });

  test('is sent in one frame what became durable together, but for what it put itself', async () => {
    await using reader = await TestClient.hello(relay.url);
    await using other = await TestClient.hello(relay.url);
    const [others, own] = [new TestAuthor(other.device), new TestAuthor(reader.device)];
    await reader.open();
    await other.open();
    const reached = relay.disk.hold();
    writer.send({ type: 'PUT', channel: 1, records: [author.record(A, 'first')] });
    await reached;
    // All of these wait for the disk together.
    for (const [client, by] of [
      [writer, author],
      [reader, own],
      [other, others],
      [writer, author],
    ] as const) {
      client.send({ type: 'PUT', channel: 1, records: [by.record(B, 'x'), by.record(A, 'y')] });
      await client.roundTrip();
    }
    relay.disk.release();
    const counters = ({ records }: { readonly records: readonly Uint8Array[] }): number[] =>
      records.map((bytes) => decodeRecord(bytes).header.counter);
    expect(counters(await reader.next('LIVE'))).toEqual([1]);
    const live = await reader.next('LIVE');
    expect(counters(live)).toEqual([2, 3, 1, 2, 4, 5]);
    expect(live.through.seq).toBe(9);
    expect((await reader.next('ACK')).through).toEqual(live.through);
    expect(reader.unread).toEqual([]);
    expect((await writer.next('ACK')).counter).toBe(1);
    const toWriter = await writer.next('LIVE');
    expect([counters(toWriter), toWriter.through]).toEqual([[1, 2, 1, 2], live.through]);
  });

  test('that left a channel is told nothing more', async () => {
    await using reader = await TestClient.hello(relay.url);
    await reader.open();
    reader.send({ type: 'LEAVE', channel: 1 });
    await reader.roundTrip();
    await write(author.record(A, 'one'));
    await reader.roundTrip();
    expect(reader.unread).toEqual([]);
  });

  test('hears who is where from the others', async () => {
    await using reader = await TestClient.hello(relay.url);
    await reader.open({ channel: 9 });
    const state = Uint8Array.of(1, 2, 3);
    writer.send({ type: 'AWARENESS', channel: 1, document: A, state });
    expect(await reader.next('AWARENESS')).toEqual({ type: 'AWARENESS', channel: 9, document: A, state });
    await writer.roundTrip();
    writer.send({ type: 'AWARENESS', channel: 1, document: A, state: new Uint8Array(65 * 1024) });
    expect(await writer.next('FAILED')).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  });
});

describe('a slow reader', () => {
  const RECORDS = 60;
  const large = (): Uint8Array => author.record(A, new Uint8Array(256 * 1024));

  test('is sent no more than it reads, and told later what changed meanwhile', async () => {
    await using reader = await TestClient.hello(relay.url);
    await reader.open();
    reader.pause();
    for (let i = 0; i < RECORDS; i++) await write(large());
    reader.resume();
    let seen = 0;
    let message = await reader.any();
    for (; message.type === 'LIVE'; message = await reader.any()) seen += message.records.length;
    // What the system's buffers and the relay's own bound hold, and no more, was sent as it came.
    expect(seen).toBeLessThan(RECORDS);
    expect(message).toMatchObject({ type: 'CHANGED', documents: [{ document: A, seq: RECORDS }] });
    await write(author.record(B, 'after'));
    const after = await reader.next('LIVE');
    expect(after.through.seq).toBe(RECORDS + 1);
  });

  test('gets an ACK only when it was told of what lies before', async () => {
    await using reader = await TestClient.hello(relay.url);
    await reader.open();
    const reached = relay.disk.hold();
    writer.send({ type: 'PUT', channel: 1, records: [author.record(A, 'first')] });
    await reached;
    // All of these, and the reader's own record behind them, become durable in one batch.
    for (let i = 0; i < 6; i++) {
      const other = await TestClient.hello(relay.url);
      await other.open();
      const records = [new TestAuthor(other.device).record(A, new Uint8Array(2_000_000))];
      other.send({ type: 'PUT', channel: 1, records });
      await other.roundTrip();
    }
    reader.send({ type: 'PUT', channel: 1, records: [new TestAuthor(reader.device).record(B, 'mine')] });
    await reader.roundTrip();
    // More at once than may wait to leave.
    relay.disk.release();
    const types = new Set<string>();
    let told = 0;
    let message = await reader.any();
    for (; message.type !== 'ACK'; message = await reader.any()) {
      types.add(message.type);
      if (message.type === 'LIVE') told = message.through.seq;
      else if (message.type === 'CHANGED') told = message.through?.seq ?? told;
    }
    expect(types).toContain('CHANGED');
    expect([told, message.through.seq]).toEqual([8, 8]);
  });

  test('that pulls much is sent it as it reads', async () => {
    for (let i = 0; i < RECORDS; i++) await write(large());
    const cursor = await endOfLog();
    await using reader = await TestClient.hello(relay.url);
    await openAt(reader, cursor);
    reader.pause();
    reader.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads: new Map() }] });
    await write(author.record(B, 'meanwhile'));
    reader.resume();
    const counters: number[] = [];
    for (let done = false; !done;) {
      const message = await reader.any();
      if (message.type !== 'RECORDS') continue;
      counters.push(...message.records.map((bytes) => decodeRecord(bytes).header.counter));
      done = message.done.length > 0;
    }
    expect(counters).toEqual(Array.from({ length: RECORDS }, (_, i) => i + 1));
  });
});

describe('after the relay stopped', () => {
  test('in good order, a cursor is taken up', async () => {
    const cursor = await write(author.record(A, 'one'));
    await relay.stop();
    await relay.start();
    await using reader = await TestClient.hello(relay.url);
    expect(await openAt(reader, cursor)).toMatchObject({ resumed: true, cursor });
  });

  test('without having closed, every folder has another epoch, also one that is opened only much later', async () => {
    const cursor = await write(author.record(A, 'one'));
    await relay.losePower();
    await relay.start();
    // Nobody asks for the folder in this run, and it ends well.
    await relay.stop();
    await relay.start();
    await using reader = await TestClient.hello(relay.url);
    const opened = await openAt(reader, cursor);
    expect(opened.resumed).toBe(false);
    expect(opened.cursor.epoch).not.toBe(cursor.epoch);
    expect(equalBytes(opened.cursor.digest, cursor.digest)).toBe(true);
    expect((await reader.next('CHANGED')).documents).toHaveLength(1);
    await relay.stop();
    await relay.start();
    expect((await endOfLog()).epoch).toBe(opened.cursor.epoch);
  });
});
