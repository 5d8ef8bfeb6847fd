/** Whether a peer takes what it would be put, and the PUTs as effects. */
import type { Opened } from '../protocol/index.ts';
import { blobsOf, type OutgoingPut } from './outgoing-put.ts';
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

export const putEffect = (put: OutgoingPut, channel: number): Effect => ({
  type: 'put',
  put,
  message: { type: 'PUT', channel, records: put.records.map(({ bytes }) => bytes) },
  blobs: blobsOf(put.records.map(({ record }) => record)),
});

function refusal(code: string, reason: string): Refusal {
  return { code, reason, retryAfter: 0 };
}

/** What there is to say where a peer has no room for the blobs of a PUT: it names no time. */
export const NO_ROOM: Refusal = refusal('QUOTA_EXCEEDED', 'The relay keeps no more contents of this folder.');
