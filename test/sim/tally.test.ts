import { describe, expect, test } from 'vitest';
import type { Outcome } from './outcome.ts';
import { Tally } from './tally.ts';

type Counts = Partial<Record<'operation' | 'fault' | 'anomaly', Record<string, number>>>;

const outcomeOf = (counts: Counts, others: Partial<Outcome> = {}): Outcome => ({
  seed: '1',
  devices: 3,
  operations: 100,
  counts: { operation: {}, fault: {}, anomaly: {}, ...counts },
  ...others,
});

describe('the tally of many worlds', () => {
  test('adds up what happened, by kind and name', () => {
    const tally = new Tally({ weights: { edit: 1, kill: 1 } });
    tally.add(outcomeOf({ operation: { edit: 3 }, fault: { kill: 1 } }));
    tally.add(outcomeOf({ operation: { edit: 2 }, anomaly: { cycle: 1 } }));
    expect(tally.counts).toEqual({ operation: { edit: 5 }, fault: { kill: 1 }, anomaly: { cycle: 1 } });
    expect(tally.table()).toBe(
      'operations\n        5  edit\nfaults\n        1  kill\nanomalies\n        1  cycle',
    );
    expect(tally.lacks).toEqual([]);
  });

  test('tells what is enabled and did not happen in any 100 runs in a row', () => {
    const tally = new Tally({ weights: { edit: 1, kill: 1, attach: 0 } });
    const add = (runs: number, counts: Counts): void => {
      for (let run = 0; run < runs; run++) tally.add(outcomeOf(counts));
    };
    add(50, { operation: { edit: 1 }, fault: { kill: 1 } });
    add(99, { operation: { edit: 1 } });
    expect(tally.lacks).toEqual([]);
    add(1, { operation: { edit: 1 } });
    add(1, { operation: { edit: 1 }, fault: { kill: 1 } });
    expect(tally.lacks).toEqual(["'kill' did not happen in 100 runs in a row"]);
  });

  test('tells of worlds with too few devices or operations', () => {
    const tally = new Tally({ weights: { edit: 1 } });
    tally.add(outcomeOf({}, { seed: '7', devices: 2 }));
    tally.add(outcomeOf({}, { seed: '8', operations: 99 }));
    expect(tally.lacks).toEqual([
      'the world of seed 7 has only 2 devices',
      'people did only 99 things in the world of seed 8',
    ]);
  });
});
