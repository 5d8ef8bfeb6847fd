/** Many folders on one socket, whose reader stops reading: what waits for it does not grow with their number. */
import { setImmediate as turn } from 'node:timers/promises';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { silentLogger, systemRandom } from '@evermesh/core/base';
import { inlineCompaction, relayCompactionPolicy } from '@evermesh/core/log';
import { decodeMessage, decodeRecord, NO_HEADS, SentCredit } from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { FolderChannel } from './folder-channel.ts';
import { FrameSocket } from './frame-socket.ts';
import type { RawSocket } from './raw-socket.ts';
import { openRelayStores } from './relay-stores.ts';
import { AT_ONCE, counting } from './testing/counting-codec.ts';
import { A, FOLDER, TestAuthor } from './testing/test-author.ts';

const MEBIBYTE = 1024 * 1024;
const CHANNELS = 50;
/** What may wait before the reader counts as slow, and one page behind it. */
const BOUND = MEBIBYTE + 1.1 * MEBIBYTE;

const clock = new VirtualClock();

/** The reader takes a frame when it is told to. */
class StalledSocket implements RawSocket {
  readonly readyState = 1;
  readonly OPEN = 1;
  bufferedAmount = 0;
  isPaused = false;
  /** The most that ever waited. */
  most = 0;
  readonly taken: string[] = [];
  readonly #frames: { readonly frame: Uint8Array; readonly sent: () => void }[] = [];

  send(frame: Uint8Array, sent: () => void): void {
    this.bufferedAmount += frame.byteLength;
    this.most = Math.max(this.most, this.bufferedAmount);
    this.#frames.push({ frame, sent });
  }

  /** Takes the oldest frame, if there is one. */
  take(): boolean {
    const next = this.#frames.shift();
    if (next === undefined) return false;
    this.taken.push(decodeMessage(next.frame).type);
    this.bufferedAmount -= next.frame.byteLength;
    next.sent();
    return true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(): void {}
  terminate(): void {}
  on(): void {}
}

test('a reader that pulls in many channels and reads slowly is sent one page after the other', async () => {
  const runner = inlineCompaction(counting, AT_ONCE);
  const upkeep = { runner, policy: relayCompactionPolicy, clock, logger: silentLogger, keep: 1e9 };
  const { registry, blobs } = await openRelayStores(memoryStore(), memoryBlobs(), systemRandom, upkeep);
  const folder = await registry.acquire(FOLDER, true);
  const author = new TestAuthor('e'.repeat(32) as never);
  await folder.log.append([decodeRecord(author.record(A, new Uint8Array(MEBIBYTE)))]).durable;

  const raw = new StalledSocket();
  const socket = new FrameSocket(raw, () => undefined);
  const failed = (error: unknown): never => {
    throw error;
  };
  const pulls: Promise<void>[] = [];
  for (let channel = 1; channel <= CHANNELS; channel++) {
    const credit = new SentCredit(Infinity);
    const opened = { folder, blobs, canBeAsked: true, knowsSnapshots: true, grant: 'write' as const };
    const follower = new FolderChannel({
      ...opened,
      ...{ channel, socket, credit, clock, logger: silentLogger, failed },
    });
    await follower.open({ epoch: folder.log.epoch, ...folder.log.position });
    pulls.push(follower.pull({ type: 'PULL', channel, documents: [{ document: A, heads: NO_HEADS }] }));
  }
  const pages = (): number => raw.taken.filter((type) => type === 'RECORDS').length;
  while (pages() < CHANNELS) if (!raw.take()) await turn();
  await Promise.all(pulls);
  expect(raw.most).toBeLessThan(BOUND);
});
