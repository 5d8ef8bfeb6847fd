/**
 * What to do with the rest of a body when the answer is known already: it is read, and held by nobody, so that the answer
 * arrives; but not for longer than somebody in good faith needs, for it holds a connection.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@evermesh/core/base';

/** Milliseconds for the rest. */
const REFUSED_WITHIN = 10_000;

/** The pieces of a body. Whoever leaves them does not end the connection. */
export const piecesOfBody = (request: IncomingMessage): AsyncIterableIterator<Uint8Array> =>
  request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;

/** Resolves at the end of the body, or when the time is over and the connection broken off. */
export async function passOver(request: IncomingMessage, clock: Clock): Promise<void> {
  const impatience = clock.after(REFUSED_WITHIN, () => request.destroy());
  try {
    const rest = piecesOfBody(request);
    while ((await rest.next()).done !== true);
  } catch {
    // It broke off: there is nobody to answer.
  } finally {
    impatience.cancel();
  }
}
