/** What a request brings, in pieces: from who brings it fast enough. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';

/** Bytes a second that a body brings at least, on average, while it is waited for: a slow line brings more. */
const SLOWEST = 256;
/** Milliseconds of waiting from which that counts. One that is silent for as long is given up by the server. */
const PATIENCE = 60_000;

/** The pieces of a body. Whoever leaves them does not end the connection. */
export const unfinished = (request: IncomingMessage): AsyncIterableIterator<Uint8Array> =>
  request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;

/**
 * The same pieces. Only the time counts in which the peer was waited for, not that in which a disk was.
 * @throws RELAY_BUSY once they come so slowly that the peer just holds the connection
 */
export async function* inTime(pieces: AsyncIterable<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array> {
  let [waited, bytes, since] = [0, 0, clock.now()];
  for await (const piece of pieces) {
    waited += Math.max(0, clock.now() - since);
    bytes += piece.byteLength;
    if (waited > PATIENCE && bytes < (waited / 1000) * SLOWEST)
      throw new EvermeshError('RELAY_BUSY', 'The relay does not wait for a body that comes so slowly.');
    yield piece;
    since = clock.now();
  }
}
