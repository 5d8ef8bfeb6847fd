/** Whether a peer takes what it would be put, and the PUTs as effects. */
import type { Opened } from '../protocol/index.ts';
import { blobsOf, type OutgoingPut } from './outbox.ts';
import type { Effect, Refusal } from './session-effects.ts';

/** Room in a frame for what stands around records. */
const FRAME_HEADROOM = 64 * 1024;

/** Why the peer will not have these. `frameBytes`: the longest frame that it takes. */
export function refusalOf(
  puts: readonly OutgoingPut[],
  grant: Opened['grant'] | undefined,
  frameBytes: number,
): Refusal | undefined {
  if (grant !== 'write')
    return refusal('AUTH_DENIED', 'The relay lets this device read the folder, not write to it.');
  if (puts.some(({ bytes }) => bytes > frameBytes - FRAME_HEADROOM))
    return refusal('MESSAGE_TOO_LARGE', 'A change that must arrive whole is too large for the relay.');
  return undefined;
}

export const putEffect = ({ records }: OutgoingPut, channel: number): Effect => ({
  type: 'put',
  message: { type: 'PUT', channel, records: records.map(({ bytes }) => bytes) },
  blobs: blobsOf(records.map(({ record }) => record)),
});

const refusal = (code: string, reason: string): Refusal => ({ code, reason, retryAfter: 0 });
