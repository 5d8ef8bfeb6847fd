import { CASE_PAIR, COLLECTED, CREDIT, GRANTS, NO_ROOM, ON_DEMAND, VERSIONS } from '@evermesh/testkit/sim';
import type { HistoryPolicy } from '@evermesh/core';
import { describe, expect, test } from 'vitest';
import type { Outcome } from './outcome.ts';
import { Tally } from './tally.ts';

type Counts = Partial<Outcome['counts']>;

/** As much of everything as there has to be in a world. */
const upkeep = { 'device compacts': 5, [CREDIT.raised]: 5, [CREDIT.out]: 1 };

const outcomeOf = (counts: Counts, others: Partial<Outcome> = {}): Outcome => ({
  seed: '1',
  devices: 3,
  operations: 100,
  counts: { operation: {}, fault: {}, anomaly: {}, upkeep: {}, ...counts },
  ...others,
});

describe('the tally of many worlds', () => {
  test('adds up what happened, by kind and name', () => {
    const tally = new Tally({ weights: { edit: 1, kill: 1 } });
    tally.add(outcomeOf({ operation: { edit: 3 }, fault: { kill: 1 } }));
    tally.add(outcomeOf({ operation: { edit: 2 }, anomaly: { cycle: 1 }, upkeep: { 'device compacts': 4 } }));
    expect(tally.counts).toEqual({
      operation: { edit: 5 },
      fault: { kill: 1 },
      anomaly: { cycle: 1 },
      upkeep: { 'device compacts': 4 },
    });
    expect(tally.table()).toBe(
      'operations\n        5  edit\nfaults\n        1  kill\nanomalies\n        1  cycle\nupkeep\n        4  device compacts',
    );
    expect(tally.lacks).toEqual([]);
  });

  test('tells what is enabled and did not happen in any 100 runs in a row', () => {
    const tally = new Tally({ weights: { edit: 1, kill: 1, attach: 0 } });
    const add = (runs: number, counts: Counts): void => {
      for (let run = 0; run < runs; run++) tally.add(outcomeOf({ ...counts, upkeep }));
    };
    add(50, { operation: { edit: 1 }, fault: { kill: 1 } });
    add(99, { operation: { edit: 1 } });
    expect(tally.lacks).toEqual([]);
    add(1, { operation: { edit: 1 } });
    add(1, { operation: { edit: 1 }, fault: { kill: 1 } });
    expect(tally.lacks).toEqual(["'kill' did not happen in 100 runs in a row"]);
  });

  test('tells if there were fewer pairs of names that differ in case only than runs, of folders that tell these apart', () => {
    const lacksOf = (caseSensitive: boolean, pairs: number): string[] => {
      const tally = new Tally({ weights: {}, caseSensitive });
      for (let run = 0; run < 99; run++) tally.add(outcomeOf({ anomaly: { [CASE_PAIR]: 1 }, upkeep }));
      tally.add(outcomeOf({ anomaly: { [CASE_PAIR]: pairs }, upkeep }));
      return tally.lacks;
    };
    expect(lacksOf(true, 1)).toEqual([]);
    expect(lacksOf(false, 0)).toEqual([]);
    expect(lacksOf(true, 0)).toEqual(['only 99 names that differ in case only, in 100 runs']);
  });

  test('tells if bodies that are left were seldom asked for, or removed unread, where they are left', () => {
    const lacksOf = (onDemand: boolean, unread: number): string[] => {
      const tally = new Tally({ weights: {}, onDemand });
      const others = { [ON_DEMAND.opened]: 1, [ON_DEMAND.refused]: 1, [ON_DEMAND.left]: 1 };
      for (let run = 0; run < 99; run++) tally.add(outcomeOf({ anomaly: others, upkeep }));
      tally.add(outcomeOf({ anomaly: { ...others, [ON_DEMAND.unread]: unread }, upkeep }));
      return tally.lacks;
    };
    expect(lacksOf(true, 10)).toEqual([]);
    expect(lacksOf(false, 0)).toEqual([]);
    expect(lacksOf(true, 9)).toEqual(["'a content is removed unread' only 9 times in 100 runs"]);
  });

  test('tells if little waited for a grant or for room, where relays give them', () => {
    const weights = { 'relay has a quota': 1 };
    const fault = { 'relay has a quota': 1 };
    const lacksOf = (grants: boolean, anomaly: Record<string, number>): string[] => {
      const tally = new Tally({ weights, grants });
      for (let run = 0; run < 100; run++) tally.add(outcomeOf({ anomaly, upkeep, fault }));
      return tally.lacks;
    };
    const enough = { [NO_ROOM]: 1, [GRANTS.waits]: 1, [GRANTS.hidden]: 1 };
    expect(lacksOf(true, enough)).toEqual([]);
    expect(lacksOf(false, { [NO_ROOM]: 1 })).toEqual([]);
    expect(lacksOf(false, {})).toEqual([`'${NO_ROOM}' only 0 times in 100 runs`]);
    expect(lacksOf(true, { ...enough, [GRANTS.waits]: 0 })).toEqual([
      `'${GRANTS.waits}' only 0 times in 100 runs`,
    ]);
  });

  test('tells if few versions were restored, few conflicts settled, or nothing attached in chunks, where people do that', () => {
    const weights = { 'restore version': 1, 'attach over': 1 };
    const operation = { ...weights };
    const lacksOf = (own: typeof weights | object, anomaly: Record<string, number>): string[] => {
      const tally = new Tally({ weights: own });
      for (let run = 0; run < 100; run++) tally.add(outcomeOf({ anomaly, upkeep, operation }));
      return tally.lacks;
    };
    const enough = Object.fromEntries(Object.values(VERSIONS).map((what) => [what, 1]));
    expect(lacksOf(weights, enough)).toEqual([]);
    expect(lacksOf({}, {})).toEqual([]);
    for (const what of Object.values(VERSIONS))
      expect(lacksOf(weights, { ...enough, [what]: 0 })).toEqual([`'${what}' only 0 times in 100 runs`]);
  });

  test('tells if devices compacted less than five documents a run, in 100 runs', () => {
    const compact = (times: number): string[] => {
      const tally = new Tally({ weights: {} });
      for (let run = 0; run < 99; run++) tally.add(outcomeOf({ upkeep }));
      expect(tally.lacks).toEqual([]);
      tally.add(outcomeOf({ upkeep: { ...upkeep, 'device compacts': times } }));
      return tally.lacks;
    };
    expect(compact(4)).toEqual(['devices compacted only 499 documents in 100 runs']);
    expect(compact(5)).toEqual([]);
  });

  test('tells if credit seldom ran out', () => {
    const lacksOf = (out: number): string[] => {
      const tally = new Tally({ weights: {} });
      for (let run = 0; run < 100; run++)
        tally.add(outcomeOf({ upkeep: { ...upkeep, [CREDIT.out]: run < out ? 1 : 0 } }));
      return tally.lacks;
    };
    expect(lacksOf(5)).toEqual([]);
    expect(lacksOf(4)).toEqual([`'${CREDIT.out}' only 4 times in 100 runs`]);
  });

  test('tells if devices collected less than two blobs a run, in 100 runs, where they keep few versions', () => {
    const lacksOf = (collected: number, history?: HistoryPolicy): string[] => {
      const tally = new Tally({ weights: {}, ...(history === undefined ? {} : { history }) });
      for (let run = 0; run < 100; run++)
        tally.add(outcomeOf({ upkeep: { ...upkeep, [COLLECTED]: run === 0 ? collected : 2 } }));
      return tally.lacks;
    };
    const history = { everything: 1, thinned: [] };
    expect(lacksOf(2, history)).toEqual([]);
    expect(lacksOf(1)).toEqual([]);
    expect(lacksOf(1, history)).toEqual(['devices collected only 199 blobs in 100 runs']);
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
