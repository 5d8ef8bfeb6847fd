/**
 * Laws of links, on devices that write while frames pass one by one and everything else goes wrong: connections that
 * break between any two frames, slow readers, one relay or two of which each restarts, is rolled back under its epoch or wiped,
 * devices that crash or come back from an older copy of their store, relays that have no room for some documents for a while.
 *
 * - L1, L2: at the end all hold the same records: exactly those that anybody held when things calmed down, each once.
 * - L10: they get there in a bounded number of frames, and then say nothing but PING and PONG.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Step, SyncWorld } from './testing/sync-world.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 60);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const device = fc.nat({ max: 3 });
const relay = fc.nat({ max: 1 });
const only = <T extends Step['type']>(...types: T[]): fc.Arbitrary<T> => fc.constantFrom(...types);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: only('write'),
      device,
      documents: fc.uniqueArray(fc.constantFrom('tree0', 'a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      type: only('pass'),
      picks: fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 25, size: 'max' }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: only('wait') }) },
  { weight: 3, arbitrary: fc.record({ type: only('cut', 'slow'), device, relay }) },
  { weight: 2, arbitrary: fc.record({ type: only('restart', 'backUp', 'rollBack'), device }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: only('fill'),
      relay,
      documents: fc.subarray(['tree0', 'a', 'b', 'c']),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: only('restartRelay', 'backUpRelay', 'rollBackRelay', 'wipeRelay'), relay }),
  },
);

test.each([1, 2])(
  'devices end equal, having lost and doubled nothing, whatever breaks (relays: %i)',
  { timeout: 60_000 + RUNS * 1000 },
  async (relays) => {
    const totals: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 4 }),
        fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }),
        async (devices, steps) => {
          const world = await SyncWorld.open(devices, relays);
          for (const each of steps) await world.do(each);
          await world.finish();
          for (const [fact, count] of Object.entries(world.facts)) totals[fact] = (totals[fact] ?? 0) + count;
        },
      ),
      PARAMETERS,
    );
    for (const fact of [
      'rollBack',
      'rollBackRelay',
      'wipeRelay',
      'slow',
      'cut',
      'resumed',
      'compared',
      'LIVE',
      'REFUSED',
      'UNTAKEN',
      'withheld',
    ])
      expect({ fact, happened: (totals[fact] ?? 0) > 0 }).toEqual({ fact, happened: true });
  },
);
