/** LIVE frames, encoded once for all readers that use the same channel number: most devices have few folders. */
import type { Appended } from '@evermesh/core/log';
import { encodeMessage } from '@evermesh/core/protocol';

const frames = new WeakMap<Appended, Map<number, Uint8Array>>();

export function liveFrame(appended: Appended, channel: number): Uint8Array {
  let byChannel = frames.get(appended);
  if (byChannel === undefined) frames.set(appended, (byChannel = new Map()));
  let frame = byChannel.get(channel);
  if (frame === undefined) {
    const { entries } = appended;
    const last = entries[entries.length - 1] as (typeof entries)[number];
    const through = { seq: last.seq, digest: last.digest };
    const records = entries.map(({ bytes }) => bytes);
    frame = encodeMessage({ type: 'LIVE', channel, through, records });
    byChannel.set(channel, frame);
  }
  return frame;
}
