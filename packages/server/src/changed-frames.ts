/** CHANGED frames. Many readers stand at one place, after a restart or when all are slow: one page, as it mostly is, is encoded once for them. */
import type { FolderLog } from '@evermesh/core/log';
import { encodeMessage, type Position } from '@evermesh/core/protocol';
import { changedPages } from './changed-pages.ts';

export interface ChangedFrame {
  readonly frame: Uint8Array;
  /** On the last one: the place up to which a reader was told then. */
  readonly through: Position | undefined;
}

interface LastFrame extends ChangedFrame {
  readonly after: number;
  readonly channel: number;
}

/** One a log, of a page at most. */
const lastFrames = new WeakMap<FolderLog, LastFrame>();

/**
 * What changed behind a place, up to where the log stands when the first is asked for, for readers that use this channel number. Each is
 * encoded when it is asked for.
 */
export function* changedFrames(log: FolderLog, after: number, channel: number): Generator<ChangedFrame> {
  const last = lastFrames.get(log);
  if (last?.after === after && last.through?.seq === log.position.seq && last.channel === channel) {
    yield last;
    return;
  }
  let pages = 0;
  for (const page of changedPages(log, after)) {
    const frame = encodeMessage({ type: 'CHANGED', channel, ...page });
    pages += 1;
    const { through } = page;
    if (pages === 1 && through !== undefined) lastFrames.set(log, { after, channel, frame, through });
    yield { frame, through };
  }
}
