import { expect, test } from 'vitest';
import { type Fall, KillBook, VICTIMS } from './kill.ts';

const fall = (fields: Partial<Fall>): Fall => ({
  victim: 'relay',
  phase: 'saves',
  again: false,
  inside: true,
  where: 'byte 1',
  ...fields,
});

function book(falls: readonly Fall[]): KillBook {
  const made = new KillBook(() => undefined);
  for (const one of falls) made.enter(one);
  return made;
}

test('the closing line counts each kill once, and those in a recovery apart', () => {
  const falls = VICTIMS.flatMap((victim) => [fall({ victim }), fall({ victim, phase: 'first sync' })]);
  const line = book([...falls, fall({ again: true })]).closingLine({ failures: 0, seed: 7, seconds: 1.6 });
  expect(line).toBe(
    'kills: 6 runs (2 relay, 2 sender, 2 receiver), 3 in first sync, 3 in saves, 1 again in recovery, ' +
      '0 failures, seed 7, 2 s',
  );
});

test('kills that fell before or after the work count as missed, whatever others did', () => {
  const good = fall({ victim: 'sender' });
  expect(book([good, good]).missed).toEqual([]);
  expect(book([good, fall({ inside: false })]).missed).toEqual([
    '1 of 1 kills of the relay in saves fell outside of the work',
  ]);
});

test('a few kills that fell outside are no reason to call a kind missed', () => {
  expect(book([fall({}), fall({}), fall({ inside: false })]).missed).toEqual([]);
});
