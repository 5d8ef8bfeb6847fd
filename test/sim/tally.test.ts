import type { RunResult } from '@evermesh/testkit/sim';
import { describe, expect, test } from 'vitest';
import { Tally } from './tally.ts';

type Counts = Partial<Record<'operation' | 'fault' | 'anomaly', Record<string, number>>>;

function resultOf(counts: Counts, { devices = 3, operations = 100 } = {}): RunResult {
  const mapOf = (kind: keyof Counts): Map<string, number> => new Map(Object.entries(counts[kind] ?? {}));
  const told = { operation: mapOf('operation'), fault: mapOf('fault'), anomaly: mapOf('anomaly') };
  return { devices, operations, trace: { counts: told } } as unknown as RunResult;
}

describe('the tally of many worlds', () => {
  test('adds up what happened, by kind and name', () => {
    const tally = new Tally({ weights: { edit: 1, kill: 1 } });
    tally.add(resultOf({ operation: { edit: 3 }, fault: { kill: 1 } }), '1');
    tally.add(resultOf({ operation: { edit: 2 }, anomaly: { cycle: 1 } }), '2');
    expect(tally.counts).toEqual({ operation: { edit: 5 }, fault: { kill: 1 }, anomaly: { cycle: 1 } });
    expect(tally.table()).toBe(
      'operations\n        5  edit\nfaults\n        1  kill\nanomalies\n        1  cycle',
    );
    expect(tally.lacks).toEqual([]);
  });

  test('tells what is enabled and did not happen in any 100 runs in a row', () => {
    const tally = new Tally({ weights: { edit: 1, kill: 1, attach: 0 } });
    const add = (runs: number, counts: Counts): void => {
      for (let run = 0; run < runs; run++) tally.add(resultOf(counts), `${run}`);
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
    tally.add(resultOf({}, { devices: 2 }), '7');
    tally.add(resultOf({}, { operations: 99 }), '8');
    expect(tally.lacks).toEqual([
      'the world of seed 7 has only 2 devices',
      'people did only 99 things in the world of seed 8',
    ]);
  });
});
