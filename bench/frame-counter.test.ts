/** Frames are counted whatever the pieces in which they arrive. */
import { describe, expect, test } from 'vitest';
import { FrameCounter } from './frame-counter.ts';

const UPGRADE = Buffer.from('GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n');
const TEXT = 0x81;
const BINARY = 0x82;
const PING = 0x89;

function frame(kind: number, payload: number, { masked }: { masked: boolean }): Buffer {
  const mask = masked ? 0x80 : 0;
  const head =
    payload < 126
      ? Buffer.from([kind, mask | payload])
      : payload < 65_536
        ? Buffer.from([kind, mask | 126, payload >> 8, payload & 0xff])
        : Buffer.from([
            kind,
            mask | 127,
            0,
            0,
            0,
            0,
            0,
            payload >> 16,
            (payload >> 8) & 0xff,
            payload & 0xff,
          ]);
  // The payload looks like heads of frames.
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0, PING), Buffer.alloc(payload, PING)]);
}

const STREAM = Buffer.concat([
  UPGRADE,
  frame(TEXT, 0, { masked: true }),
  frame(BINARY, 125, { masked: true }),
  frame(PING, 3, { masked: false }),
  frame(BINARY, 126, { masked: false }),
  frame(BINARY, 70_000, { masked: true }),
  frame(TEXT, 1, { masked: false }),
]);

describe('a frame counter', () => {
  test.each([1, 2, 3, 7, 1000, STREAM.length])('counts the same in pieces of %i bytes', (size) => {
    const counter = new FrameCounter();
    for (let at = 0; at < STREAM.length; at += size) counter.add(STREAM.subarray(at, at + size));
    const { upgradeBytes, dataFrames, controlFrames } = counter;
    expect({ upgradeBytes, dataFrames, controlFrames }).toEqual({
      upgradeBytes: UPGRADE.length,
      dataFrames: 5,
      controlFrames: 1,
    });
  });
});
