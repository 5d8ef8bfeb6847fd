/**
 * Many small blobs in one request beside the socket: `POST` of `…/blobs/put`, `…/blobs/get` and `…/blobs/lacking`. A request is held in memory
 * until it is durable, so it is bounded; an answer is read from the store as the network takes it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type BlobName, type Clock, type FolderId, isFolderId, sha256, toHex } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import {
  type BatchedBlob,
  encodeBlobBatch,
  encodeBlobNames,
  LIMITS,
  readBlobBatch,
  readBlobNames,
  type SmallBlob,
} from '@evermesh/core/protocol';
import { checkedGrant } from './authorizer.ts';
import { bearerToken } from './bearer-token.ts';
import { inTime, unfinished } from './body-pieces.ts';
import type { FolderBlobs } from './folder-blobs.ts';
import { passOver } from './refused-body.ts';
import type { RelayParts } from './relay-parts.ts';

/** Bytes of an answer that are sent together: a piece for each small blob would cost more than its bytes. */
const PIECE_BYTES = 64 * 1024;

export interface BatchPlace {
  readonly folder: FolderId;
  readonly action: 'get' | 'put' | 'lacking';
}

/** What a path asks to be done with many blobs, or `undefined` if it is no such path. */
export function batchPlaceOf(path: string): BatchPlace | undefined {
  const [, folder = '', action] = /^\/v1\/folders\/([^/]+)\/blobs\/(get|put|lacking)$/.exec(path) ?? [];
  return isFolderId(folder) ? { folder, action: action as BatchPlace['action'] } : undefined;
}

/** @throws AUTH_REQUIRED, AUTH_DENIED, MESSAGE_MALFORMED, MESSAGE_TOO_LARGE, MESSAGE_UNEXPECTED, and what the stores throw */
export async function answerBatch(
  { authorizer, blobs, clock }: RelayParts,
  { folder, action }: BatchPlace,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST')
    throw new EvermeshError('MESSAGE_UNEXPECTED', 'Many blobs are asked for and given with POST.');
  const body = boundedBody(request, clock);
  try {
    await checkedGrant(authorizer, bearerToken(request), folder, action === 'put' ? 'write' : 'read');
  } catch (error) {
    await passOver(request, clock);
    throw error;
  }
  // What unpacks to more than it weighs would get past every bound.
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new EvermeshError('MESSAGE_MALFORMED', 'A batch of blobs is sent without compression.');
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('cache-control', 'no-store');
  if (action === 'put') {
    const sound = await soundBlobs(body);
    await blobs.putMany(folder, sound);
    response.end(encodeBlobNames(sound.map(({ name }) => name)));
  } else if (action === 'lacking') {
    response.end(encodeBlobNames(await blobs.lackingOf(folder, await readBlobNames(body))));
  } else {
    const names = await readBlobNames(body);
    await pipeline(Readable.from(piecesOf(blobs, folder, names), { objectMode: false }), response);
  }
}

/** A peer that sends too much is told so: leaving the stream must not end the connection before. */
async function* boundedBody(request: IncomingMessage, clock: Clock): AsyncGenerator<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > LIMITS.batchBytes) throw tooLarge('bytes');
  let size = 0;
  for await (const piece of inTime(unfinished(request), clock)) {
    size += piece.byteLength;
    if (size > LIMITS.batchBytes) throw tooLarge('bytes');
    yield piece;
  }
}

/** The blobs of a batch that hash to their names. One that does not is not taken, and changes nothing for the others. */
async function soundBlobs(body: AsyncIterable<Uint8Array>): Promise<SmallBlob[]> {
  const sound: SmallBlob[] = [];
  let count = 0;
  for await (const { name, size, bytes } of readBlobBatch(body)) {
    count += 1;
    if (count > LIMITS.batchBlobs) throw tooLarge('blobs');
    if (bytes === undefined)
      throw new EvermeshError('MESSAGE_TOO_LARGE', `A blob of ${size} bytes is put by itself.`);
    if (toHex(sha256(bytes)) === name) sound.push({ name, size, bytes });
  }
  return sound;
}

async function* piecesOf(
  blobs: FolderBlobs,
  folder: FolderId,
  names: readonly BlobName[],
): AsyncGenerator<Uint8Array> {
  let held: BatchedBlob[] = [];
  let size = 0;
  for (const name of new Set(names)) {
    const blob = await blobs.batched(folder, name);
    if (blob === undefined) continue;
    held.push(blob);
    size += blob.bytes?.byteLength ?? 0;
    if (size < PIECE_BYTES) continue;
    yield encodeBlobBatch(held);
    held = [];
    size = 0;
  }
  if (held.length > 0) yield encodeBlobBatch(held);
}

const tooLarge = (what: 'blobs' | 'bytes'): EvermeshError => {
  const limit = what === 'blobs' ? LIMITS.batchBlobs : LIMITS.batchBytes;
  return new EvermeshError('MESSAGE_TOO_LARGE', `One request puts at most ${limit} ${what}.`);
};
