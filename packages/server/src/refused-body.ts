/**
 * What to do with the rest of a body when the answer is known already: it is read, and held by nobody, so that the answer
 * arrives; but not for longer than somebody in good faith needs, for it holds a connection.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@evermesh/core/base';
import { unfinished } from './body-pieces.ts';

/** Milliseconds for the rest. */
const REFUSED_WITHIN = 10_000;

/** Resolves at the end of the body, or when the time is over and the connection broken off. */
export async function passOver(request: IncomingMessage, clock: Clock): Promise<void> {
  const impatience = clock.after(REFUSED_WITHIN, () => request.destroy());
  try {
    for await (const _ of unfinished(request));
  } catch {
    // It broke off: there is nobody to answer.
  } finally {
    impatience.cancel();
  }
}
