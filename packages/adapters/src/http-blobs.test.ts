import type { BlobName, FolderId } from '@evermesh/core/base';
import { afterEach, expect, test, vi } from 'vitest';
import { httpBlobs } from './http-blobs.ts';

afterEach(() => void vi.unstubAllGlobals());

test('a request that is given up ends at once, though the answer falls silent and nothing tells it to end', async () => {
  const silent = new ReadableStream<Uint8Array>({
    start: (answer) => answer.enqueue(Uint8Array.of(1)),
    cancel: () => new Promise(() => undefined),
  });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(silent)));
  const giveUp = new AbortController();
  const blobs = httpBlobs(new URL('ws://relay.example/'), '');
  const folder = '0'.repeat(32) as FolderId;
  const pieces = blobs.get(folder, 'a'.repeat(64) as BlobName, 0, giveUp.signal)[Symbol.asyncIterator]();
  expect((await pieces.next()).value).toEqual(Uint8Array.of(1));
  const next = pieces.next();
  const why = new Error('the link was closed');
  giveUp.abort(why);
  await expect(next).rejects.toBe(why);
});
