import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { inTime } from './body-pieces.ts';

interface Timing {
  readonly pieces: number;
  readonly bytes: number;
  /** Milliseconds until each piece comes, and that whoever takes it needs for it. */
  readonly coming: number;
  readonly taking: number;
}

/** How many pieces are taken before it is given up, and why. */
async function taken({ pieces, bytes, coming, taking }: Timing): Promise<[number, string | undefined]> {
  const clock = new VirtualClock();
  async function* slow(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < pieces; i++) {
      clock.advance(coming);
      yield await Promise.resolve(new Uint8Array(bytes));
    }
  }
  let count = 0;
  try {
    for await (const _ of inTime(slow(), clock)) {
      count += 1;
      clock.advance(taking);
    }
    return [count, undefined];
  } catch (error) {
    return [count, (error as { code: string }).code];
  }
}

test.each<[string, Timing, [number, string | undefined]]>([
  [
    'a byte now and then is given up after a minute',
    { pieces: 100, bytes: 1, coming: 10_000, taking: 0 },
    [6, 'RELAY_BUSY'],
  ],
  [
    'what a slow line brings is taken',
    { pieces: 100, bytes: 2560, coming: 10_000, taking: 0 },
    [100, undefined],
  ],
  ['less than that is not', { pieces: 100, bytes: 2500, coming: 10_000, taking: 0 }, [6, 'RELAY_BUSY']],
  [
    'a slow disk is not held against who brings it',
    { pieces: 100, bytes: 1000, coming: 10, taking: 60_000 },
    [100, undefined],
  ],
  ['what is short may be slow', { pieces: 3, bytes: 1, coming: 19_000, taking: 0 }, [3, undefined]],
])('%s', async (_, timing, expected) => {
  expect(await taken(timing)).toEqual(expected);
});
