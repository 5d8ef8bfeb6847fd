import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobName, sha256, toHex, utf8 } from '@evermesh/core/base';
import { type Grant, LIMITS, OLDEST_VERSION } from '@evermesh/core/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { A, B, FOLDER, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

const nameOf = (bytes: Uint8Array): BlobName => toHex(sha256(bytes)) as BlobName;
const small = utf8('small');
/** Too large for the store: it lies in a file. */
const large = new Uint8Array(100_000);

let relay: TestRelay;
let grant: Grant;
let writer: TestClient;
let author: TestAuthor;

beforeEach(async () => {
  grant = 'write';
  relay = await TestRelay.open({ authorizer: { authorize: () => Promise.resolve(grant) } });
  writer = await TestClient.hello(relay.url);
  author = new TestAuthor(writer.device);
  await writer.open();
});

afterEach(async () => {
  await writer[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
});

async function put(...blobs: BlobName[]): Promise<void> {
  writer.send({ type: 'PUT', channel: 1, records: [author.record(A, 'text', { blobs })] });
  await writer.next('ACK');
}

const urlOf = (name: BlobName): string => `${relay.http}/v1/folders/${FOLDER}/blobs/${name}`;

async function give(bytes: Uint8Array): Promise<void> {
  const body = bytes as Uint8Array<ArrayBuffer>;
  expect((await fetch(urlOf(nameOf(bytes)), { method: 'PUT', body })).status).toBe(204);
}

/** What a device that opens the folder now is asked for. */
async function askedOnOpening(version?: number): Promise<BlobName[]> {
  await using client = await TestClient.hello(relay.url, version === undefined ? {} : { version });
  client.send({ type: 'OPEN', channel: 1, folder: FOLDER, create: false, cursor: undefined });
  const asked: BlobName[] = [];
  for (;;) {
    const message = await client.any();
    if (message.type !== 'WANTED') {
      expect(message.type).toBe('OPENED');
      return asked;
    }
    asked.push(...message.names);
  }
}

describe('a blob that a record names and nobody put', () => {
  test('is asked of whoever opens the folder, until it is put', async () => {
    await put(nameOf(small), nameOf(large));
    expect(new Set(await askedOnOpening())).toEqual(new Set([nameOf(small), nameOf(large)]));
    await give(small);
    expect(await askedOnOpening()).toEqual([nameOf(large)]);
    await give(large);
    expect(await askedOnOpening()).toEqual([]);
  });

  test('is asked of others who are there, and not of whoever put the record', async () => {
    await using other = await TestClient.hello(relay.url);
    await other.open();
    await put(nameOf(small));
    await other.next('LIVE');
    expect(await other.next('WANTED')).toEqual({ type: 'WANTED', channel: 1, names: [nameOf(small)] });
    await writer.roundTrip();
    // Once is enough, however many records name it.
    await put(nameOf(small));
    await other.next('LIVE');
    await other.roundTrip();
  });

  test('is asked for after a restart', async () => {
    await put(nameOf(small));
    await writer.close();
    await relay.stop();
    await relay.start();
    expect(await askedOnOpening()).toEqual([nameOf(small)]);
  });

  test('is asked of nobody who may only read, or speaks a version without that', async () => {
    await put(nameOf(small));
    expect(await askedOnOpening(OLDEST_VERSION)).toEqual([]);
    grant = 'read';
    expect(await askedOnOpening()).toEqual([]);
  });

  test('is not asked for if it comes while the record is on its way to the disk', async () => {
    const reached = relay.disk.hold();
    writer.send({ type: 'PUT', channel: 1, records: [author.record(A, 'text', { blobs: [nameOf(small)] })] });
    await reached;
    const given = give(small);
    relay.disk.release();
    await given;
    await writer.next('ACK');
    expect(await askedOnOpening()).toEqual([]);
  });

  test('is asked for with others, as many in one message as one request takes', async () => {
    const names = Array.from({ length: LIMITS.batchBlobs + 1 }, (_, i) => nameOf(utf8(String(i))));
    await using other = await TestClient.hello(relay.url);
    await other.open();
    await put(...names);
    await other.next('LIVE');
    const [first, second] = [await other.next('WANTED'), await other.next('WANTED')];
    expect([first.names.length, second.names.length]).toEqual([LIMITS.batchBlobs, 1]);
    expect(new Set(await askedOnOpening())).toEqual(new Set(names));
  });
});

test('a blob that was put before its record is asked of nobody', async () => {
  await give(small);
  await put(nameOf(small));
  expect(await askedOnOpening()).toEqual([]);
});

test('a blob that is lost here is asked for once somebody misses it', async () => {
  await give(large);
  await put(nameOf(large));
  await using other = await TestClient.hello(relay.url);
  await other.open();
  const name = nameOf(large);
  await rm(join(relay.directory, 'blobs', name.slice(0, 2), name));
  expect((await fetch(urlOf(name))).status).toBe(404);
  expect((await other.next('WANTED')).names).toEqual([name]);
  expect((await writer.next('WANTED')).names).toEqual([name]);
  expect(await askedOnOpening()).toEqual([name]);
  await give(large);
  expect(await askedOnOpening()).toEqual([]);
});

test('a blob that is damaged here is missing once somebody read it, and is mended by who has it', async () => {
  await give(large);
  await put(nameOf(large));
  await using other = await TestClient.hello(relay.url);
  await other.open();
  const name = nameOf(large);
  const url = urlOf(name);
  await writeFile(join(relay.directory, 'blobs', name.slice(0, 2), name), large.slice().fill(1, 99_999));
  await expect(fetch(url).then((response) => response.arrayBuffer())).rejects.toThrow('fetch failed');
  expect((await other.next('WANTED')).names).toEqual([name]);
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(404);
  await give(large);
  expect(nameOf(new Uint8Array(await (await fetch(url)).arrayBuffer()))).toBe(name);
  expect(await askedOnOpening()).toEqual([]);
});

test('a record whose predecessor is missing does not keep others from their blobs', async () => {
  author.record(B, 'lost');
  writer.send({
    type: 'PUT',
    channel: 1,
    records: [author.record(B, 'behind it', { blobs: [nameOf(small)] })],
  });
  await writer.next('GAP');
  await give(small);
  expect(await askedOnOpening()).toEqual([]);
});
