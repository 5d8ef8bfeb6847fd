/**
 * Blobs over HTTP beside the socket: `HEAD`, `GET` with ranges, and `PUT`. Nothing is gathered in memory: a blob goes
 * from disk to the network, or back, in pieces, and is verified on the way.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type BlobName, type FolderId, isBlobName, isFolderId } from '@evermesh/core/base';
import { EvermeshError, isEvermeshError } from '@evermesh/core/errors';
import { checkedGrant } from './authorizer.ts';
import { bearerToken } from './bearer-token.ts';
import { inTime, unfinished } from './body-pieces.ts';
import { rangeFrom } from './http-range.ts';
import { passOver } from './refused-body.ts';
import type { RelayParts } from './relay-parts.ts';

export interface BlobPlace {
  readonly folder: FolderId;
  readonly name: BlobName;
}

/** The blob that a path names, or `undefined` if it is no such path. */
export function blobPlaceOf(path: string): BlobPlace | undefined {
  const [, folder = '', name = ''] = /^\/v1\/folders\/([^/]+)\/blobs\/([^/]+)$/.exec(path) ?? [];
  return isFolderId(folder) && isBlobName(name) ? { folder, name } : undefined;
}

/** @throws AUTH_REQUIRED, AUTH_DENIED, BLOB_NOT_FOUND, BLOB_DAMAGED, MESSAGE_UNEXPECTED, and what the stores throw */
export async function answerBlob(
  parts: RelayParts,
  place: BlobPlace,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method } = request;
  const token = bearerToken(request);
  if (method === 'PUT') {
    await checkedGrant(parts.authorizer, token, place.folder, 'write');
    await take(parts, place, request, response);
  } else if (method === 'GET' || method === 'HEAD') {
    await checkedGrant(parts.authorizer, token, place.folder, 'read');
    await give(parts, place, request, response);
  } else
    throw new EvermeshError(
      'MESSAGE_UNEXPECTED',
      'A blob is asked for with HEAD or GET, and given with PUT.',
    );
}

async function take(
  { blobs, clock }: RelayParts,
  { folder, name }: BlobPlace,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await blobs.put(folder, name, inTime(unfinished(request), clock));
  } catch (error) {
    if (isEvermeshError(error, 'QUOTA_EXCEEDED')) await passOver(request, clock);
    throw error;
  }
  response.writeHead(204).end();
}

async function give(
  { blobs }: RelayParts,
  { folder, name }: BlobPlace,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const size = await blobs.size(folder, name);
  if (size === undefined) {
    throw new EvermeshError('BLOB_NOT_FOUND', `The folder has no blob ${name} here.`, {
      details: { folder, name },
    });
  }
  const range = rangeFrom(request.headers.range, size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  const { from, to } = range ?? { from: 0, to: size };
  response.writeHead(range === undefined ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-length': to - from,
    'accept-ranges': 'bytes',
    'cache-control': 'private, immutable, max-age=31536000',
    ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to - 1}/${size}` }),
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(Readable.from(verifiedPieces(blobs.read(folder, name, from), to - from)), response);
}

/** The first `length` bytes, the last piece only once the rest was read: a damaged blob never arrives whole. */
async function* verifiedPieces(
  pieces: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  let left = length;
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (left === 0) break;
    if (held !== undefined) yield held;
    held = piece.subarray(0, left);
    left -= held.byteLength;
  }
  if (held !== undefined) yield held;
}
