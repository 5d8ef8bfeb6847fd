import { type DocumentId, utf8 } from '@evermesh/core/base';
import { decodeMessage } from '@evermesh/core/protocol';
import { expect, test } from 'vitest';
import { AwarenessRound, type FolderReader } from './awareness-round.ts';

const A = 'a' as DocumentId;
const B = 'b' as DocumentId;

class Reader implements FolderReader {
  readonly frames: Uint8Array[] = [];
  readonly #channel: number;

  constructor(channel: number) {
    this.#channel = channel;
  }

  aware(frame: (channel: number) => Uint8Array): void {
    this.frames.push(frame(this.#channel));
  }
}

test('what is said in one tick is encoded once for each channel number, and sent once to each other reader', () => {
  const readers = Array.from({ length: 100 }, (_, i) => new Reader(i % 2));
  const round = new AwarenessRound(new Set(readers));
  const [first, second] = readers as [Reader, Reader];
  const states = Array.from({ length: 50 }, (_, i) => utf8(`at ${i}`));
  const due = states.map((state) => round.say(first, A, state));
  expect(due).toEqual([true, ...states.slice(1).map(() => false)]);
  round.say(first, B, utf8('there'));
  round.say(second, A, utf8('here'));
  round.tell();
  const frames = readers.flatMap((reader) => reader.frames);
  // Three things were said last, each to all but who said it; encoded for two channel numbers.
  expect([frames.length, new Set(frames).size]).toEqual([3 * 99, 6]);
  expect([first.frames.length, second.frames.length]).toEqual([1, 2]);
  expect(readers[2]?.frames.map(decodeMessage)).toMatchObject([
    { document: A, state: utf8('at 49') },
    { document: B, state: utf8('there') },
    { document: A, state: utf8('here') },
  ]);
});

test('a round tells nothing twice, and the next thing that is said makes another', () => {
  const [from, to] = [new Reader(1), new Reader(1)];
  const round = new AwarenessRound(new Set([from, to]));
  round.say(from, A, utf8('one'));
  round.tell();
  round.tell();
  expect(to.frames).toHaveLength(1);
  expect(round.say(from, A, utf8('two'))).toBe(true);
  round.tell();
  expect(to.frames).toHaveLength(2);
});
