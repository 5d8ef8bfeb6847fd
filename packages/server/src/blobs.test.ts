import { request } from 'node:http';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type BlobName, type FolderId, sha256, toHex, utf8 } from '@evermesh/core/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sharedToken } from './authorizer.ts';
import { FOLDER } from './testing/test-author.ts';
import { TestRelay } from './testing/test-relay.ts';

const content = utf8('0123456789');
const name = toHex(sha256(content)) as BlobName;
/** Too large for the store: it lies in a file. */
const large = new Uint8Array(100_000);
const largeName = toHex(sha256(large)) as BlobName;
const other = 'e'.repeat(32) as FolderId;

let relay: TestRelay;

beforeEach(async () => {
  relay = await TestRelay.open({ authorizer: sharedToken('secret') });
});

afterEach(async () => {
  await relay[Symbol.asyncDispose]();
});

const urlOf = (blob = name, folder = FOLDER): string => `${relay.http}/v1/folders/${folder}/blobs/${blob}`;

function ask(
  method: string,
  options: { url?: string; body?: Uint8Array; headers?: Record<string, string> } = {},
) {
  const { url = urlOf(), body, headers = {} } = options;
  const init: RequestInit = { method, headers: { authorization: 'Bearer secret', ...headers } };
  if (body !== undefined) init.body = body as Uint8Array<ArrayBuffer>;
  return fetch(url, init);
}

describe('a blob', () => {
  test('is there once it was put, with its size', async () => {
    expect((await ask('HEAD')).status).toBe(404);
    expect((await ask('PUT', { body: content })).status).toBe(204);
    const head = await ask('HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '10']);
    const got = await ask('GET');
    expect([got.status, await got.text()]).toEqual([200, '0123456789']);
    expect((await ask('PUT', { body: content })).status).toBe(204);
  });

  test.each([
    ['bytes=3-', 206, '3456789', 'bytes 3-9/10'],
    ['bytes=3-4', 206, '34', 'bytes 3-4/10'],
    ['bytes=3-99', 206, '3456789', 'bytes 3-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-3', 200, '0123456789', null],
    ['bytes=4-3', 200, '0123456789', null],
    ['bytes=0-1,3-4', 200, '0123456789', null],
  ])('is sent from %s with status %i', async (range, status, text, contentRange) => {
    await ask('PUT', { body: content });
    const response = await ask('GET', { headers: { range } });
    expect([response.status, await response.text()]).toEqual([status, text]);
    expect(response.headers.get('content-range')).toBe(contentRange);
  });

  test('that does not hash to its name is not taken', async () => {
    const response = await ask('PUT', { body: utf8('something else') });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'BLOB_DAMAGED',
      reason: expect.any(String) as string,
    });
    expect((await ask('HEAD')).status).toBe(404);
  });

  test('that broke off half-way is not there, and leaves nothing behind', async () => {
    const partial = join(relay.directory, 'blobs', 'partial');
    const put = request(urlOf(largeName), {
      method: 'PUT',
      headers: { authorization: 'Bearer secret', 'content-length': '100000' },
    });
    const ended = new Promise((resolve) => put.on('error', resolve));
    put.write(large.subarray(0, 90_000));
    await expect.poll(() => readdir(partial)).toHaveLength(1);
    put.destroy();
    await ended;
    await expect.poll(() => readdir(partial)).toEqual([]);
    expect((await ask('HEAD', { url: urlOf(largeName) })).status).toBe(404);
  });

  test('is asked for and given with the token only', async () => {
    await ask('PUT', { body: content });
    for (const [authorization, status, code] of [
      ['', 401, 'AUTH_REQUIRED'],
      ['Bearer wrong', 403, 'AUTH_DENIED'],
      ['Basic secret', 401, 'AUTH_REQUIRED'],
    ] as const) {
      for (const options of [{ method: 'GET' }, { method: 'PUT', body: content }] as const) {
        const response = await ask(options.method, { ...options, headers: { authorization } });
        expect([response.status, await response.json()]).toMatchObject([status, { code }]);
      }
    }
  });

  test('is given by nobody who may only read', async () => {
    await using readOnly = await TestRelay.open({ authorizer: { authorize: () => Promise.resolve('read') } });
    const url = `${readOnly.http}/v1/folders/${FOLDER}/blobs/${name}`;
    expect((await ask('PUT', { url, body: content })).status).toBe(403);
    expect((await ask('HEAD', { url })).status).toBe(404);
  });

  test('is served under no folder that it was not put under', async () => {
    await ask('PUT', { body: content });
    const url = urlOf(name, other);
    expect((await ask('GET', { url })).status).toBe(404);
    expect((await ask('PUT', { url, body: content })).status).toBe(204);
    expect(await (await ask('GET', { url })).text()).toBe('0123456789');
  });

  test('that is damaged on disk never arrives whole', async () => {
    const url = urlOf(largeName);
    await ask('PUT', { url, body: large });
    await writeFile(
      join(relay.directory, 'blobs', largeName.slice(0, 2), largeName),
      large.slice().fill(1, 99_999),
    );
    await expect(ask('GET', { url }).then((response) => response.arrayBuffer())).rejects.toThrow(
      'fetch failed',
    );
  });

  test('is reached under no other path and by no other method', async () => {
    for (const url of [urlOf('0' as BlobName), urlOf(name, '..' as FolderId), `${relay.http}/v1/folders`]) {
      expect((await ask('GET', { url })).status).toBe(404);
    }
    expect((await ask('DELETE')).status).toBe(404);
  });

  test('is still there after a restart', async () => {
    await ask('PUT', { body: content });
    await relay.stop();
    await relay.start();
    expect(await (await ask('GET')).text()).toBe('0123456789');
  });

  test('may be asked for by a page that is allowed', async () => {
    const origin = 'https://notes.example';
    await using open = await TestRelay.open({ allowedOrigins: [origin] });
    const url = `${open.http}/v1/folders/${FOLDER}/blobs/${name}`;
    const response = await ask('OPTIONS', { url, headers: { origin, authorization: '' } });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
  });
});

describe('the transport of a device', () => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield content.subarray(0, 4);
    yield await Promise.resolve(content.subarray(4));
  }
  const { signal } = new AbortController();

  async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
    let text = '';
    for await (const piece of bytes) text += new TextDecoder().decode(piece);
    return text;
  }

  test('puts and gets what it is given', async () => {
    const { blobs } = webSocketTransport(relay.url, { token: 'secret' });
    expect(await blobs.has(FOLDER, name, signal)).toBe(false);
    await blobs.put(FOLDER, name, content.byteLength, pieces(), signal);
    expect(await blobs.has(FOLDER, name, signal)).toBe(true);
    expect(await textOf(blobs.get(FOLDER, name, 0, signal))).toBe('0123456789');
    expect(await textOf(blobs.get(FOLDER, name, 7, signal))).toBe('789');
  });

  test('puts and gets a blob of no bytes', async () => {
    const { blobs } = webSocketTransport(relay.url, { token: 'secret' });
    const empty = toHex(sha256(new Uint8Array(0))) as BlobName;
    await blobs.put(FOLDER, empty, 0, pieces(), signal);
    expect(await textOf(blobs.get(FOLDER, empty, 0, signal))).toBe('');
  });

  test('hears why it gets nothing', async () => {
    const { blobs } = webSocketTransport(relay.url, { token: 'wrong' });
    await expect(blobs.has(FOLDER, name, signal)).rejects.toMatchObject({ code: 'AUTH_DENIED' });
    await expect(blobs.put(FOLDER, name, 10, pieces(), signal)).rejects.toMatchObject({
      code: 'AUTH_DENIED',
    });
    const { blobs: allowed } = webSocketTransport(relay.url, { token: 'secret' });
    await expect(textOf(allowed.get(FOLDER, name, 0, signal))).rejects.toMatchObject({
      code: 'BLOB_NOT_FOUND',
    });
    await relay.stop();
    await expect(allowed.has(FOLDER, name, signal)).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' });
    await relay.start();
  });
});
