import {
  type BlobName,
  type Clock,
  type DeviceId,
  type Logger,
  silentLogger,
  utf8,
} from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { type BodyCodec, inlineCompaction, looseRecords } from '@evermesh/core/log';
import {
  decodeRecord,
  encodeRecord,
  type Heads,
  makeSnapshot,
  NO_HEADS,
  type Records,
} from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { A, FOLDER, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

/** Bodies are any bytes, and a state is `=` and how many there were. */
const counting: BodyCodec = {
  history: () => {
    throw new TypeError('Nobody asks for a history here.');
  },
  fold(state) {
    let bytes = state === undefined ? 0 : countOf(state);
    return {
      add: (bodies) => bodies.forEach((body) => (bytes += body.byteLength)),
      addState: (other) => (bytes += countOf(other)),
      finish: () => utf8(`=${bytes}`),
    };
  },
};

function countOf(state: Uint8Array): number {
  const text = new TextDecoder().decode(state);
  if (/^=[0-9]+$/.test(text)) return Number(text.slice(1));
  throw new EvermeshError('UPDATE_MALFORMED', 'no state');
}

const AT_ONCE: Clock = {
  now: () => 0,
  after(_milliseconds, run) {
    queueMicrotask(run);
    return { cancel: () => undefined };
  },
};

const LEAST = 10;
const FAR = new TestAuthor('f'.repeat(32) as DeviceId).id;
const NEAR = new TestAuthor('e'.repeat(32) as DeviceId).id;
const BLOB = 'ab'.repeat(32) as BlobName;

let relay: TestRelay;
let writer: TestClient;
let author: TestAuthor;
let clock: VirtualClock;
let compacted: Promise<void>;

beforeEach(async () => {
  clock = new VirtualClock();
  let tell = (): void => {};
  compacted = new Promise((resolve) => (tell = resolve));
  const debug: Logger['debug'] = (message) => {
    if (message === 'a document was compacted') tell();
  };
  relay = await TestRelay.open({
    clock,
    logger: { ...silentLogger, debug },
    compaction: {
      runner: inlineCompaction(counting, AT_ONCE),
      policy: { isDue: (index) => looseRecords(index) >= LEAST, isOverdue: () => false },
    },
  });
  writer = await TestClient.hello(relay.url);
  author = new TestAuthor(writer.device);
  await writer.open();
});

afterEach(async () => {
  await writer[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
});

async function write(count: number): Promise<Uint8Array[]> {
  const records = Array.from({ length: count }, (_, i) =>
    author.record(A, `body ${i}`, i === 0 ? { blobs: [BLOB] } : {}),
  );
  writer.send({ type: 'PUT', channel: 1, records });
  await writer.next('ACK');
  return records;
}

async function compact(): Promise<void> {
  clock.advance(5000);
  await compacted;
}

/** What a device is sent that holds so much. */
async function pulled(
  heads: Heads,
  options: { says?: boolean; version?: number } = {},
): Promise<Records['records']> {
  const { says = true, version } = options;
  await using reader = await TestClient.hello(relay.url, version === undefined ? {} : { version });
  await reader.open();
  if (says) reader.send({ type: 'STATES', channel: 1 });
  reader.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads }] });
  return (await reader.next('RECORDS')).records;
}

const snapshotOf = (covers: Heads, body: string): Uint8Array =>
  encodeRecord(makeSnapshot({ folder: FOLDER, document: A, covers, blobs: [], body: utf8(body) }));

describe('a device that says STATES', () => {
  test('and holds nothing of a document is sent its state, what that stands for, and the records behind it', async () => {
    const before = await write(LEAST);
    await compact();
    const after = await write(3);
    const [first, ...rest] = await pulled(NO_HEADS);
    const { header, body } = decodeRecord(first as Uint8Array);
    const bytes = before.reduce((sum, record) => sum + decodeRecord(record).body.byteLength, 0);
    expect(header).toMatchObject({ kind: 'snapshot', blobs: [BLOB] });
    expect([...header.covers]).toEqual([[author.id, LEAST]]);
    expect(new TextDecoder().decode(body)).toBe(`=${bytes}`);
    expect(rest).toEqual(after);
  });

  test('and holds a part of it is sent the records that it lacks', async () => {
    const before = await write(LEAST);
    await compact();
    const after = await write(3);
    expect(await pulled(new Map([[author.id, 4]]))).toEqual([...before.slice(4), ...after]);
    expect(await pulled(new Map([[author.id, LEAST]]))).toEqual(after);
  });

  test('is sent records where nothing is compacted', async () => {
    const records = await write(3);
    expect(await pulled(NO_HEADS)).toEqual(records);
  });
});

test('a device that does not say STATES, or cannot, is sent every record', async () => {
  const records = await write(LEAST);
  await compact();
  expect(await pulled(NO_HEADS, { says: false })).toEqual(records);
  expect(await pulled(NO_HEADS, { version: 2 })).toEqual(records);
});

describe('a state that is put', () => {
  const put = (record: Uint8Array): void => writer.send({ type: 'PUT', channel: 1, records: [record] });

  test('stands for what it covers: what follows is taken, what it has is a repeat', async () => {
    const covers = new Map([[FAR, 7]]);
    const snapshot = snapshotOf(covers, '=70');
    put(snapshot);
    expect(await writer.next('ACK')).toMatchObject({ counter: 1, through: { seq: 1 } });
    expect(await pulled(NO_HEADS, { says: false })).toEqual([snapshot]);
    expect(await pulled(covers)).toEqual([]);
    put(snapshot);
    expect(await writer.next('ACK')).toMatchObject({ through: { seq: 1 } });
  });

  test('covers more than is here, and both are kept and sent on in their order', async () => {
    const records = await write(2);
    const snapshot = snapshotOf(
      new Map([
        [author.id, 2],
        [FAR, 7],
      ]),
      '=99',
    );
    put(snapshot);
    await writer.next('ACK');
    expect(await pulled(NO_HEADS)).toEqual([...records, snapshot]);
    expect(await pulled(new Map([[author.id, 2]]))).toEqual([snapshot]);
    expect(
      await pulled(
        new Map([
          [author.id, 2],
          [FAR, 7],
        ]),
      ),
    ).toEqual([]);
  });

  test('and is none is refused, and harms nobody', async () => {
    await using other = await TestClient.hello(relay.url);
    await other.open();
    put(snapshotOf(new Map([[FAR, 7]]), 'nonsense'));
    expect(await writer.next('REFUSED')).toMatchObject({ code: 'RECORD_MALFORMED' });
    const theirs = new TestAuthor(other.device);
    other.send({ type: 'PUT', channel: 1, records: [theirs.record(A, 'a')] });
    expect(await other.next('ACK')).toMatchObject({ through: { seq: 1 } });
  });

  test('reaches devices that follow, and ends the channel of one that is too old for it', async () => {
    await using follower = await TestClient.hello(relay.url);
    await using old = await TestClient.hello(relay.url, { version: 2 });
    await follower.open();
    await old.open();
    const snapshot = snapshotOf(new Map([[NEAR, 7]]), '=70');
    put(snapshot);
    expect((await follower.next('LIVE')).records).toEqual([snapshot]);
    expect(await old.next('REFUSED')).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED' });
  });

  test('is the base of what the relay compacts from then on', async () => {
    put(snapshotOf(new Map([[FAR, 7]]), '=1000'));
    await writer.next('ACK');
    const records = await write(LEAST);
    await compact();
    const [first, ...rest] = await pulled(NO_HEADS);
    const { header, body } = decodeRecord(first as Uint8Array);
    const bytes = records.reduce((sum, record) => sum + decodeRecord(record).body.byteLength, 1000);
    expect(header.covers).toEqual(
      new Map([
        [FAR, 7],
        [author.id, LEAST],
      ]),
    );
    expect(new TextDecoder().decode(body)).toBe(`=${bytes}`);
    expect(rest).toEqual([]);
  });
});
