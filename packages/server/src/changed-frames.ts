/** CHANGED frames. Many readers stand at one place, after a restart or when all are slow: one page, as it mostly is, is encoded once for them. */
import type { FolderLog } from '@evermesh/core/log';
import { encodeMessage } from '@evermesh/core/protocol';
import { changedPages } from './changed-pages.ts';

interface LastFrame {
  readonly after: number;
  readonly seq: number;
  readonly channel: number;
  readonly frame: Uint8Array;
}

/** One a log, of a page at most. */
const lastFrames = new WeakMap<FolderLog, LastFrame>();

/** What changed behind a place, for readers that use this channel number. */
export function* changedFrames(log: FolderLog, after: number, channel: number): Generator<Uint8Array> {
  const { seq } = log.position;
  const last = lastFrames.get(log);
  if (last?.after === after && last.seq === seq && last.channel === channel) {
    yield last.frame;
    return;
  }
  let pages = 0;
  for (const page of changedPages(log, after)) {
    const frame = encodeMessage({ type: 'CHANGED', channel, ...page });
    pages += 1;
    if (pages === 1 && page.through !== undefined) lastFrames.set(log, { after, seq, channel, frame });
    yield frame;
  }
}
