/** What the WebSocket transport takes from Node, which has no `WebSocket` of its own in every version we support. */
import { LIMITS } from '@evermesh/core/protocol';
import { WebSocket } from 'ws';
import type { OpenSocket } from './socket-like.ts';

/**
 * Frames are mostly compressed already: compressing them again costs memory for each socket. A longer frame than the protocol
 * has is not gathered at all.
 */
export const openSocket: OpenSocket = (url) =>
  new WebSocket(url, { perMessageDeflate: false, maxPayload: LIMITS.frameBytes });

/** The body of an upload: sent as it is read, so that a large file never lies in memory. */
export function uploadBody(bytes: AsyncIterable<Uint8Array>): Promise<RequestInit> {
  const iterator = bytes[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return Promise.resolve({ body: body as NonNullable<RequestInit['body']>, duplex: 'half' } as RequestInit);
}
