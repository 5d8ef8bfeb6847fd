import { request } from 'node:http';
import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import {
  type BlobName,
  concatBytes,
  type FolderId,
  inOnePiece,
  sha256,
  toHex,
  utf8,
} from '@evermesh/core/base';
import {
  type BatchedBlob,
  encodeBlobBatch,
  encodeBlobNames,
  LIMITS,
  readBlobBatch,
  readBlobNames,
  type SmallBlob,
} from '@evermesh/core/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sharedToken } from './authorizer.ts';
import { FOLDER } from './testing/test-author.ts';
import { TestRelay } from './testing/test-relay.ts';

const other = 'e'.repeat(32) as FolderId;
const nameOf = (bytes: Uint8Array): BlobName => toHex(sha256(bytes)) as BlobName;
const blob = (bytes: Uint8Array): SmallBlob => ({ name: nameOf(bytes), size: bytes.byteLength, bytes });
const texts = (...all: string[]): SmallBlob[] => all.map((text) => blob(utf8(text)));

let relay: TestRelay;

beforeEach(async () => {
  relay = await TestRelay.open({ authorizer: sharedToken('secret') });
});

afterEach(async () => {
  await relay[Symbol.asyncDispose]();
});

interface Asking {
  readonly folder?: FolderId;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

async function filesBelow(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const urlOf = (action: string, folder: FolderId = FOLDER): string =>
  `${relay.http}/v1/folders/${folder}/blobs/${action}`;

function ask(action: 'get' | 'put', body: Uint8Array, options: Asking = {}): Promise<Response> {
  const { folder = FOLDER, method = 'POST', headers = {} } = options;
  const init: RequestInit = { method, headers: { authorization: 'Bearer secret', ...headers } };
  if (method === 'POST') init.body = body as Uint8Array<ArrayBuffer>;
  return fetch(urlOf(action, folder), init);
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

async function put(blobs: readonly BatchedBlob[], options?: Asking): Promise<BlobName[]> {
  return readBlobNames(inOnePiece(await bytesOf(await ask('put', encodeBlobBatch(blobs), options))));
}

async function get(names: readonly BlobName[], options?: Asking): Promise<BatchedBlob[]> {
  const all: BatchedBlob[] = [];
  const bytes = await bytesOf(await ask('get', encodeBlobNames(names), options));
  for await (const one of readBlobBatch(inOnePiece(bytes))) all.push(one);
  return all;
}

async function refusal(asked: Promise<Response>): Promise<unknown> {
  const response = await asked;
  const { code } = (await response.json()) as { code: string };
  return [response.status, code];
}

const names = (blobs: readonly BatchedBlob[]): BlobName[] => blobs.map(({ name }) => name);

describe('many small blobs', () => {
  test('are there once they were put in one request, and come in one', async () => {
    const blobs = [...texts('one', 'two', ''), blob(new Uint8Array(LIMITS.smallBlobBytes).fill(7))];
    expect(await put(blobs)).toEqual(names(blobs));
    const given = await get(names(blobs).toReversed());
    expect(given.map(({ name, size }) => ({ name, size }))).toEqual(
      blobs.toReversed().map(({ name, size }) => ({ name, size })),
    );
    for (const { name, bytes } of given) expect(nameOf(bytes as Uint8Array)).toBe(name);
  });

  test('are put and gotten by themselves as well, whichever way they came', async () => {
    const [one, two] = texts('one', 'two') as [SmallBlob, SmallBlob];
    const headers = { authorization: 'Bearer secret' };
    await put([one]);
    expect(await (await fetch(urlOf(one.name), { headers })).text()).toBe('one');
    await fetch(urlOf(two.name), { method: 'PUT', headers, body: 'two' });
    expect(names(await get(names([one, two])))).toEqual(names([one, two]));
  });

  test('are taken but for those that do not hash to their names', async () => {
    const [one, two, three] = texts('one', 'two', 'three') as [SmallBlob, SmallBlob, SmallBlob];
    const taken = await put([one, { ...two, bytes: utf8('owt') }, three]);
    expect(taken).toEqual(names([one, three]));
    expect(names(await get(names([one, two, three])))).toEqual(names([one, three]));
  });

  test('are put again without being written again, and without a word', async () => {
    const blobs = texts('one', 'two');
    await put(blobs);
    relay.disk.failure = new Error('nothing is to be written');
    expect(await put(blobs)).toEqual(names(blobs));
    relay.disk.failure = undefined;
  });

  test('are written with the folder’s rows of them in one synced batch, and acknowledged after it', async () => {
    const reached = relay.disk.hold();
    let isAnswered = false;
    const putting = put(texts('one', 'two', 'three')).then(() => (isAnswered = true));
    await reached;
    const [first] = texts('one') as [SmallBlob];
    expect(await get([first.name])).toEqual([]);
    expect(isAnswered).toBe(false);
    const before = relay.disk.batches;
    relay.disk.release();
    await putting;
    expect(relay.disk.batches - before).toBe(1);
  });

  test('survive a power cut once they were acknowledged', async () => {
    const blobs = texts('one', 'two');
    await put(blobs);
    await relay.losePower();
    await relay.start();
    expect(names(await get(names(blobs)))).toEqual(names(blobs));
  });

  test('are not there, whole or in part, if the power went before they were written', async () => {
    const blobs = texts('one', 'two');
    const reached = relay.disk.hold();
    const putting = put(blobs).catch(() => undefined);
    await reached;
    relay.disk.isDead = true;
    relay.disk.release();
    await putting;
    await relay.stop();
    await relay.start();
    expect(await get(names(blobs))).toEqual([]);
  });

  test('are served under no folder that they were not put under', async () => {
    const blobs = texts('one', 'two');
    await put(blobs);
    expect(await get(names(blobs), { folder: other })).toEqual([]);
    await put(blobs.slice(1), { folder: other });
    expect(names(await get(names(blobs), { folder: other }))).toEqual(names(blobs.slice(1)));
  });

  test('come without those that are not there, each once, and with the size of those that are large', async () => {
    const [one, lacking] = texts('one', 'lacking') as [SmallBlob, SmallBlob];
    const large = new Uint8Array(LIMITS.smallBlobBytes + 1);
    await put([one]);
    const headers = { authorization: 'Bearer secret' };
    await fetch(urlOf(nameOf(large)), { method: 'PUT', headers, body: large });
    expect(await get([lacking.name, one.name, nameOf(large), one.name])).toEqual([
      { ...one, bytes: utf8('one') },
      { name: nameOf(large), size: large.byteLength, bytes: undefined },
    ]);
  });

  test('that are damaged in the store are left out', async () => {
    const [one, two] = texts('one', 'two') as [SmallBlob, SmallBlob];
    await put([one, two]);
    await relay.disk.batch([{ type: 'put', key: `blob/${one.name}`, value: utf8('eno') }], { sync: true });
    expect(names(await get(names([one, two])))).toEqual([two.name]);
    await put([one]);
    expect(names(await get(names([one, two])))).toEqual(names([one, two]));
  });

  test('that lie in files, as an earlier relay kept them, are found', async () => {
    const [one] = texts('one') as [SmallBlob];
    await put([one]);
    await relay.disk.batch([{ type: 'del', key: `blob/${one.name}` }], { sync: true });
    expect(await get([one.name])).toEqual([]);
    const directory = join(relay.directory, 'blobs', one.name.slice(0, 2));
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, one.name), 'one');
    expect(await get([one.name])).toEqual([{ ...one, bytes: utf8('one') }]);
  });
});

describe('a request for many blobs', () => {
  const one = texts('one');

  test('needs the token', async () => {
    for (const [authorization, expected] of [
      ['', [401, 'AUTH_REQUIRED']],
      ['Bearer wrong', [403, 'AUTH_DENIED']],
    ] as const) {
      const headers = { authorization };
      expect(await refusal(ask('put', encodeBlobBatch(one), { headers }))).toEqual(expected);
      expect(await refusal(ask('get', encodeBlobNames(names(one)), { headers }))).toEqual(expected);
    }
  });

  test('puts nothing for who may only read', async () => {
    await using readOnly = await TestRelay.open({ authorizer: { authorize: () => Promise.resolve('read') } });
    const url = `${readOnly.http}/v1/folders/${FOLDER}/blobs`;
    const init = { method: 'POST', headers: { authorization: 'Bearer reader' } };
    const body = encodeBlobBatch(one) as Uint8Array<ArrayBuffer>;
    expect(await refusal(fetch(`${url}/put`, { ...init, body }))).toEqual([403, 'AUTH_DENIED']);
    const asked = encodeBlobNames(names(one)) as Uint8Array<ArrayBuffer>;
    expect(await bytesOf(await fetch(`${url}/get`, { ...init, body: asked }))).toHaveLength(0);
  });

  test.each<[string, 'get' | 'put', Uint8Array, unknown]>([
    ['ends in the middle of a blob', 'put', encodeBlobBatch(one).subarray(0, -1), [400, 'MESSAGE_MALFORMED']],
    ['ends in the middle of a name', 'get', new Uint8Array(40), [400, 'MESSAGE_MALFORMED']],
    ['has a length that is no number', 'put', new Uint8Array(100).fill(0xff), [400, 'MESSAGE_MALFORMED']],
    [
      'holds a blob that is no small one',
      'put',
      encodeBlobBatch([{ ...blob(utf8('x')), size: LIMITS.smallBlobBytes + 1, bytes: undefined }]),
      [413, 'MESSAGE_TOO_LARGE'],
    ],
    [
      'holds too many blobs',
      'put',
      encodeBlobBatch(Array.from({ length: LIMITS.batchBlobs + 1 }, () => blob(new Uint8Array(0)))),
      [413, 'MESSAGE_TOO_LARGE'],
    ],
    [
      'asks for too many blobs',
      'get',
      new Uint8Array(32 * (LIMITS.batchBlobs + 1)),
      [413, 'MESSAGE_TOO_LARGE'],
    ],
  ])('that %s is refused by name, and stores nothing', async (_, action, body, expected) => {
    const whole = concatBytes([encodeBlobBatch(action === 'put' ? texts('before') : []), body]);
    expect(await refusal(ask(action, whole))).toEqual(expected);
    expect(await get(names(texts('before', 'one')))).toEqual([]);
  });

  test('that says it is larger than a request may be is refused before it is sent', async () => {
    const posting = request(urlOf('put'), {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'content-length': LIMITS.batchBytes + 1 },
    });
    const status = new Promise((resolve, reject) => {
      posting.on('response', (response) => resolve(response.statusCode)).on('error', reject);
    });
    posting.flushHeaders();
    expect(await status).toBe(413);
    posting.destroy();
  });

  test('that grows larger than a request may be is given up there', async () => {
    const posting = request(urlOf('put'), {
      method: 'POST',
      headers: { authorization: 'Bearer secret' },
    });
    const ended = new Promise((resolve) => {
      posting.on('response', (response) => resolve(response.statusCode));
      // It is still being sent when the relay has answered and left.
      posting.on('error', () => resolve('broken off'));
    });
    const piece = encodeBlobBatch([blob(new Uint8Array(LIMITS.smallBlobBytes))]);
    // Fewer blobs than a request may have, and a little more bytes.
    const pieces = Array.from({ length: Math.ceil(LIMITS.batchBytes / piece.byteLength) + 1 }, () => piece);
    const posted = pipeline(Readable.from(pieces), posting).catch(() => undefined);
    expect([413, 'broken off']).toContain(await ended);
    posting.destroy();
    await posted;
    expect(await get([nameOf(new Uint8Array(LIMITS.smallBlobBytes))])).toEqual([]);
  });

  test('that is compressed is refused, however small it is', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect(await refusal(ask('put', encodeBlobBatch(one), { headers }))).toEqual([400, 'MESSAGE_MALFORMED']);
  });

  test('is made in no other way, and at no other place', async () => {
    expect(await refusal(ask('get', new Uint8Array(0), { method: 'GET' }))).toEqual([
      404,
      'MESSAGE_UNEXPECTED',
    ]);
    const nowhere = fetch(`${urlOf('put')}/more`, { method: 'POST' });
    expect(await refusal(nowhere)).toEqual([404, 'MESSAGE_UNEXPECTED']);
  });

  test('may come from a page that is allowed, and from no other', async () => {
    const origin = 'https://notes.example';
    await using open = await TestRelay.open({ allowedOrigins: [origin] });
    const url = `${open.http}/v1/folders/${FOLDER}/blobs/put`;
    const asked = await fetch(url, { method: 'OPTIONS', headers: { origin } });
    expect([asked.status, asked.headers.get('access-control-allow-methods')]).toEqual([
      204,
      expect.stringContaining('POST') as string,
    ]);
    const body = encodeBlobBatch(one) as Uint8Array<ArrayBuffer>;
    const answer = await fetch(url, { method: 'POST', body, headers: { origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    const foreign = fetch(url, { method: 'POST', body, headers: { origin: 'https://evil.example' } });
    expect(await refusal(foreign)).toEqual([403, 'ORIGIN_REFUSED']);
  });
});

describe('the transport of a device', () => {
  const { signal } = new AbortController();

  async function given(of: readonly BlobName[], token = 'secret'): Promise<BatchedBlob[]> {
    const all: BatchedBlob[] = [];
    const { blobs } = webSocketTransport(relay.url, { token });
    for await (const one of blobs.getMany(FOLDER, of, signal)) all.push(one);
    return all;
  }

  test('puts and gets many small blobs', async () => {
    const blobs = Array.from({ length: LIMITS.batchBlobs }, (_, i) => blob(utf8(`blob ${i}`.repeat(100))));
    await webSocketTransport(relay.url, { token: 'secret' }).blobs.putMany(FOLDER, blobs, signal);
    const all = await given(names(blobs));
    expect(names(all)).toEqual(names(blobs));
    for (const { name, bytes } of all) expect(nameOf(bytes as Uint8Array)).toBe(name);
  });

  test('hears which of many the folder lacks, each once', async () => {
    const [one, two] = texts('one', 'two') as [SmallBlob, SmallBlob];
    const { blobs } = webSocketTransport(relay.url, { token: 'secret' });
    await blobs.putMany(FOLDER, [one], signal);
    expect(await blobs.lacking(FOLDER, [two.name, one.name, two.name], signal)).toEqual([two.name]);
    expect(await blobs.lacking(other, [one.name], signal)).toEqual([one.name]);
    expect(await blobs.lacking(FOLDER, [], signal)).toEqual([]);
    const denied = webSocketTransport(relay.url, { token: 'wrong' }).blobs;
    await expect(denied.lacking(FOLDER, [one.name], signal)).rejects.toMatchObject({ code: 'AUTH_DENIED' });
  });

  test('finds many of the size of chunks in one file, after a restart too, and what that lost is lacking', async () => {
    const chunks = Array.from({ length: 60 }, (_, i) => blob(new Uint8Array(20_000).fill(i)));
    const { blobs } = webSocketTransport(relay.url, { token: 'secret' });
    await blobs.putMany(FOLDER, [...chunks, ...texts('one')], signal);
    const files = await filesBelow(join(relay.directory, 'blobs'));
    expect(files).toHaveLength(1);
    await relay.stop();
    await relay.start();
    expect(names(await given(names(chunks)))).toEqual(names(chunks));

    await truncate(files[0]!, 30_000);
    expect(names(await given(names(chunks)))).toEqual(names(chunks.slice(0, 1)));
    const lost = names(chunks.slice(1));
    expect(
      await webSocketTransport(relay.url, { token: 'secret' }).blobs.lacking(FOLDER, names(chunks), signal),
    ).toEqual(lost);
    await webSocketTransport(relay.url, { token: 'secret' }).blobs.putMany(FOLDER, chunks, signal);
    expect(names(await given(names(chunks)))).toEqual(names(chunks));
  });

  test('hears that one of them was not taken', async () => {
    const [one, two] = texts('one', 'two') as [SmallBlob, SmallBlob];
    const { blobs } = webSocketTransport(relay.url, { token: 'secret' });
    const wrong = { ...two, bytes: utf8('owt') };
    await expect(blobs.putMany(FOLDER, [one, wrong], signal)).rejects.toMatchObject({
      code: 'BLOB_DAMAGED',
      details: { name: two.name },
    });
    expect(names(await given(names([one, two])))).toEqual([one.name]);
  });

  test('hears why nothing is given or taken', async () => {
    const denied = webSocketTransport(relay.url, { token: 'wrong' }).blobs;
    await expect(denied.putMany(FOLDER, texts('one'), signal)).rejects.toMatchObject({ code: 'AUTH_DENIED' });
    await expect(given([], 'wrong')).rejects.toMatchObject({ code: 'AUTH_DENIED' });
    await relay.stop();
    await expect(given([]).catch((error: unknown) => error)).resolves.toBeInstanceOf(Error);
    await relay.start();
  });

  test('gives up with the reason of its signal', async () => {
    const controller = new AbortController();
    const reached = relay.disk.hold();
    const { blobs } = webSocketTransport(relay.url, { token: 'secret' });
    const putting = blobs.putMany(FOLDER, texts('one'), controller.signal).catch((error: unknown) => error);
    await reached;
    controller.abort(new Error('enough'));
    expect(await putting).toMatchObject({ message: 'enough' });
    relay.disk.release();
  });
});
