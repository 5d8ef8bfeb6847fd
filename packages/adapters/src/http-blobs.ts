/**
 * A relay's blobs over HTTP: `HEAD`, `GET` with ranges and `PUT` of `v1/folders/<folder>/blobs/<name>`, and `POST` of
 * `…/blobs/get`, `…/blobs/put` and `…/blobs/lacking` for many small ones.
 */
import type { BlobName, FolderId } from '@evermesh/core/base';
import { EvermeshError, type ErrorCode, isErrorCode } from '@evermesh/core/errors';
import { encodeBlobBatch, encodeBlobNames, readBlobBatch, readBlobNames } from '@evermesh/core/protocol';
import type { RemoteBlobs } from '@evermesh/core/sync';
import { uploadBody } from '#platform';

/** @param address of the socket; the blobs are beside it */
export function httpBlobs(address: URL, token: string): RemoteBlobs {
  const base = new URL(address);
  base.protocol = address.protocol === 'wss:' ? 'https:' : 'http:';
  const urlOf = (folder: FolderId, last: BlobName | 'get' | 'put' | 'lacking'): URL =>
    new URL(`v1/folders/${folder}/blobs/${last}`, base);
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  return {
    async has(folder, name, signal) {
      const response = await request(urlOf(folder, name), { method: 'HEAD', headers, signal });
      if (response.status === 404) return false;
      await expectSuccess(response);
      return true;
    },
    async *get(folder, name, offset, signal) {
      const range: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
      const response = await request(urlOf(folder, name), { headers: { ...headers, ...range }, signal });
      await expectSuccess(response);
      if (offset > 0 && response.status !== 206) {
        throw new EvermeshError('LINK_UNREACHABLE', 'What stands before the relay does not pass on ranges.');
      }
      yield* piecesOf(response, signal);
    },
    async put(folder, name, size, bytes, signal) {
      const body = size === 0 ? {} : await uploadBody(bytes);
      const response = await request(urlOf(folder, name), { method: 'PUT', headers, signal, ...body });
      await expectSuccess(response);
      await response.arrayBuffer();
    },
    async *getMany(folder, names, signal) {
      const body = encodeBlobNames(names) as Uint8Array<ArrayBuffer>;
      const response = await request(urlOf(folder, 'get'), { method: 'POST', headers, signal, body });
      await expectSuccess(response);
      yield* readBlobBatch(piecesOf(response, signal));
    },
    async putMany(folder, blobs, signal) {
      const body = encodeBlobBatch(blobs) as Uint8Array<ArrayBuffer>;
      const response = await request(urlOf(folder, 'put'), { method: 'POST', headers, signal, body });
      await expectSuccess(response);
      const taken = new Set(await readBlobNames(piecesOf(response, signal)));
      const refused = blobs.find(({ name }) => !taken.has(name));
      if (refused === undefined) return;
      const what = `Blob ${refused.name} arrived at the relay as something else.`;
      throw new EvermeshError('BLOB_DAMAGED', what, { details: { name: refused.name } });
    },
    async lacking(folder, names, signal) {
      const body = encodeBlobNames(names) as Uint8Array<ArrayBuffer>;
      const response = await request(urlOf(folder, 'lacking'), { method: 'POST', headers, signal, body });
      await expectSuccess(response);
      return readBlobNames(piecesOf(response, signal));
    },
  };
}

async function request(url: URL, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'error', ...options });
  } catch (error) {
    throw brokenOff(error, options.signal ?? undefined);
  }
}

async function* piecesOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // Not every browser iterates over streams.
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const next = await read(reader, signal);
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw brokenOff(error, signal);
  } finally {
    // Not awaited: of a stream that fell silent, that would not end either.
    reader.cancel().catch(() => undefined);
  }
}

/**
 * `fetch` of Node 20 can leave a read without an answer when its request is aborted while the connection breaks (undici 6.24;
 * not 6.29). Whoever stops waits for what is under way, so the signal is listened to here as well.
 */
function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
    reader
      .read()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

function brokenOff(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  return new EvermeshError('LINK_UNREACHABLE', 'The relay cannot be reached for blobs.', { cause: error });
}

/** The relay names its reason; whatever stands between may answer in its place and knows only a status. */
async function expectSuccess(response: Response): Promise<void> {
  if (response.ok) return;
  const { code, reason } = await reasonOf(response);
  throw new EvermeshError(code, reason, { details: { status: response.status } });
}

async function reasonOf(response: Response): Promise<{ code: ErrorCode; reason: string }> {
  const said: unknown = await response.json().catch(() => undefined);
  const { code, reason } = (said ?? {}) as { code?: unknown; reason?: unknown };
  const known = typeof code === 'string' && isErrorCode(code) ? code : BY_STATUS[response.status];
  return {
    code: known ?? 'LINK_UNREACHABLE',
    reason: typeof reason === 'string' ? reason : `The relay answered with status ${response.status}.`,
  };
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'AUTH_REQUIRED',
  403: 'AUTH_DENIED',
  404: 'BLOB_NOT_FOUND',
  413: 'CONTENT_TOO_LARGE',
  422: 'BLOB_DAMAGED',
};
