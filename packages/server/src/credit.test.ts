/** What a device and a relay take of each other before they have done with what came. */
import type { DocumentId } from '@evermesh/core/base';
import { bytesOf, CREDIT_VERSION, NO_HEADS, SentCredit } from '@evermesh/core/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RelayLimits } from './relay-limits.ts';
import { PutCredits } from './put-credits.ts';
import { A, B, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

const KIBIBYTE = 1024;

async function opened(limits: RelayLimits = {}): Promise<TestRelay> {
  const relay = await TestRelay.open({ limits });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  return relay;
}

async function device(
  relay: TestRelay,
  hello: { version?: number; credit?: number } = {},
): Promise<TestClient> {
  const client = await TestClient.hello(relay.url, hello);
  onTestFinished(() => client[Symbol.asyncDispose]());
  await client.open();
  return client;
}

/** A device that keeps to what the relay takes. */
class Writer {
  readonly #client: TestClient;
  readonly #credit = new SentCredit(1);
  readonly #left: Uint8Array[];
  readonly #unanswered: number[] = [];
  #done: () => void = () => {};
  /** Bytes that were sent and are not answered. */
  pending = 0;

  constructor(client: TestClient, document: DocumentId, records: number, bytes: number) {
    this.#client = client;
    const author = new TestAuthor(client.device);
    this.#left = Array.from({ length: records }, () => author.record(document, new Uint8Array(bytes)));
    client.onCredit.add(({ credit }) => {
      this.#credit.grant(credit);
      this.#send();
    });
  }

  /** Resolves when everything was acknowledged. `sent` is told after each PUT. */
  async write(sent: () => void): Promise<void> {
    const done = new Promise<void>((resolve) => (this.#done = resolve));
    this.sent = sent;
    this.#send();
    void this.#answered();
    await done;
  }

  sent: () => void = () => {};

  async #answered(): Promise<void> {
    while (this.#unanswered.length > 0 || this.#left.length > 0) {
      // What others put comes as well.
      const { type } = await this.#client.any();
      if (type !== 'ACK') continue;
      this.pending -= this.#unanswered.shift() ?? 0;
    }
    this.#done();
  }

  #send(): void {
    while (this.#credit.isLeft) {
      const record = this.#left.shift();
      if (record === undefined) return;
      this.#credit.spend(record.byteLength);
      this.#unanswered.push(record.byteLength);
      this.pending += record.byteLength;
      this.#client.send({ type: 'PUT', channel: 1, records: [record] });
      this.sent();
    }
  }
}

describe('a relay whose disk is slow', () => {
  test('holds no more of what many devices put than its sum, and one PUT of each', async () => {
    const [devices, records, bytes, pendingBytes] = [12, 40, 8 * KIBIBYTE, 64 * KIBIBYTE];
    const relay = await opened({ pendingBytes });
    const writers: Writer[] = [];
    for (let i = 0; i < devices; i++)
      writers.push(new Writer(await device(relay), `w${i}` as DocumentId, records, bytes));
    let most = 0;
    const look = (): void => {
      most = Math.max(
        most,
        writers.reduce((sum, { pending }) => sum + pending, 0),
      );
    };
    const state = { reached: relay.disk.hold(), isOver: false };
    const writing = writers.map((writer) => writer.write(look));
    const written = Promise.all(writing).then(() => {
      state.isOver = true;
    });
    // Each batch waits until the one before it was let go.
    while (!state.isOver) {
      await Promise.race([state.reached, written]);
      relay.disk.release();
      if (!state.isOver) state.reached = relay.disk.hold();
    }
    const putBytes = bytes + KIBIBYTE;
    expect(most).toBeLessThan(pendingBytes + devices * 2 * putBytes);
    expect(most).toBeGreaterThan(devices * bytes);
    // All of it is there.
    const reader = await device(relay);
    reader.send({ type: 'LEAVE', channel: 1 });
    expect((await reader.open({ channel: 2 })).cursor.seq).toBe(devices * records);
  });
});

describe('a device', () => {
  test('that puts more than the relay takes is refused by name, and others go on', async () => {
    const relay = await opened({ pendingBytes: KIBIBYTE });
    const [greedy, other] = [await device(relay), await device(relay)];
    const author = new TestAuthor(greedy.device);
    const reached = relay.disk.hold();
    const put = (): void => greedy.send({ type: 'PUT', channel: 1, records: [author.record(A, 'one')] });
    put();
    await reached;
    put();
    expect(await greedy.next('FAILED')).toMatchObject({ code: 'MESSAGE_BEYOND_CREDIT' });
    expect(await greedy.closed).toBe(1008);
    relay.disk.release();
    await other.next('LIVE');
    other.send({ type: 'PUT', channel: 1, records: [new TestAuthor(other.device).record(B, 'two')] });
    await other.next('ACK');
  });

  test('of an older version puts as before, and hears of no credit', async () => {
    const relay = await opened({ pendingBytes: KIBIBYTE });
    const client = await device(relay, { version: CREDIT_VERSION - 1 });
    const author = new TestAuthor(client.device);
    for (let i = 0; i < 20; i++)
      client.send({ type: 'PUT', channel: 1, records: [author.record(A, 'x'.repeat(2000))] });
    for (let i = 0; i < 20; i++) await client.next('ACK');
    await client.roundTrip();
    expect([client.unread, client.credits.size]).toEqual([[], 0]);
  });

  test('may put a record that is longer than all credit', async () => {
    const relay = await opened({ pendingBytes: KIBIBYTE });
    const client = await device(relay);
    const author = new TestAuthor(client.device);
    for (let i = 1; i <= 3; i++) {
      client.send({ type: 'PUT', channel: 1, records: [author.record(A, new Uint8Array(100 * KIBIBYTE))] });
      await client.next('ACK');
      await client.roundTrip();
      expect(client.credits.get(1)).toBeGreaterThan(i * 100 * KIBIBYTE);
    }
  });
});

describe('a device that takes little', () => {
  test('is announced what there is no credit for, and sent it as it asks', async () => {
    const relay = await opened();
    const [reader, writer] = [await device(relay, { credit: 1 }), await device(relay)];
    const author = new TestAuthor(writer.device);
    const records = Array.from({ length: 3 }, (_, i) => author.record(A, `${i}`.repeat(500)));
    for (const record of records) {
      writer.send({ type: 'PUT', channel: 1, records: [record] });
      await writer.next('ACK');
    }
    expect((await reader.next('LIVE')).records).toEqual([records[0]]);
    for (let i = 1; i < 3; i++) expect((await reader.next('CHANGED')).documents).toHaveLength(1);
    const heads = new Map([[author.id, 1]]);
    const pull = (): void =>
      reader.send({
        type: 'PULL',
        channel: 1,
        documents: [
          { document: A, heads },
          { document: B, heads: NO_HEADS },
        ],
      });
    pull();
    expect(await reader.next('UNSENT')).toMatchObject({ documents: [A, B] });
    reader.send({ type: 'CREDIT', channel: 1, credit: bytesOf(records) });
    pull();
    expect(await reader.next('RECORDS')).toMatchObject({ records: records.slice(1), done: [A, B] });
    // What is said late changes nothing.
    reader.send({ type: 'CREDIT', channel: 1, credit: 1 }, { type: 'CREDIT', channel: 1, credit: 5000 });
    writer.send({ type: 'PUT', channel: 1, records: [author.record(A, 'last')] });
    await reader.next('LIVE');
  });

  test('is sent of a document as much as it takes, and is told that there is more', async () => {
    const relay = await opened();
    const writer = await device(relay);
    const author = new TestAuthor(writer.device);
    const records = Array.from({ length: 6 }, () => author.record(A, new Uint8Array(100 * KIBIBYTE)));
    for (const record of records) {
      writer.send({ type: 'PUT', channel: 1, records: [record] });
      await writer.next('ACK');
    }
    const reader = await device(relay, { credit: 1 });
    let came = 0;
    for (let credit = 1; came < records.length; credit += 150 * KIBIBYTE) {
      reader.send({ type: 'CREDIT', channel: 1, credit });
      const heads = came === 0 ? NO_HEADS : new Map([[author.id, came]]);
      reader.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads }] });
      for (let isOver = false; !isOver;) {
        const message = await reader.any();
        if (message.type === 'RECORDS') came += message.records.length;
        isOver = message.type === 'UNSENT' || (message.type === 'RECORDS' && message.done.length > 0);
      }
    }
    expect(came).toBe(records.length);
  });

  test('hears who is there, and that what it put is durable, without any credit', async () => {
    const relay = await opened();
    const [reader, other] = [await device(relay, { credit: 0 }), await device(relay)];
    const author = new TestAuthor(other.device);
    other.send({ type: 'PUT', channel: 1, records: [author.record(A, 'one')] });
    await other.next('ACK');
    await reader.next('CHANGED');
    other.send({ type: 'AWARENESS', channel: 1, document: A, state: Uint8Array.of(1) });
    await reader.next('AWARENESS');
    reader.send({ type: 'PUT', channel: 1, records: [new TestAuthor(reader.device).record(B, 'two')] });
    await reader.next('ACK');
  });
});

test('what devices may put is a share of what is left, at least one byte, and comes back when a channel ends', () => {
  const credits = new PutCredits(64 * KIBIBYTE);
  expect(credits.first).toBe(64);
  const channels = Array.from({ length: 50 }, () => credits.enter());
  expect(credits.open).toBe(0);
  const given = channels.map((channel) => {
    channel.take(1000);
    return channel.done(1000) as number;
  });
  expect([given[0], given.at(-1)]).toEqual([1000 + 8 * KIBIBYTE, expect.any(Number)]);
  expect(Math.min(...given)).toBeGreaterThan(1000);
  expect(given.at(-1)).toBeLessThan(given[0] as number);
  expect(credits.open).toBeLessThanOrEqual(64 * KIBIBYTE + 50);
  for (const channel of channels) channel.leave();
  expect(credits.open).toBe(0);
});
