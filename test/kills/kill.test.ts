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

test('a kind of kill that fell before or after the work only is missed, whatever others did', () => {
  const good = [fall({ victim: 'sender' }), fall({ victim: 'receiver' })];
  expect(book([...good, fall({})]).missed).toEqual([]);
  expect(book([...good, fall({ inside: false }), fall({ inside: false })]).missed).toEqual([
    '2 of 2 kills of the relay in saves fell outside of the work',
  ]);
});

test('a kind is missed when less than a quarter of its kills fell in the middle', () => {
  const outside = Array.from({ length: 3 }, () => fall({ inside: false }));
  const all = [...VICTIMS.map((victim) => fall({ victim })), ...outside];
  expect(book(all).missed).toEqual([]);
  expect(book([...all, fall({ inside: false })]).missed).toHaveLength(1);
});

test('kills that never were are missed', () => {
  expect(book([]).missed).toEqual(['nothing was killed']);
  expect(book([fall({}), fall({ victim: 'sender' })]).missed).toEqual([
    'the receiver was not killed in saves',
  ]);
});
