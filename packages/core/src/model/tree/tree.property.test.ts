/**
 * Laws of the tree, on devices that make, move, rename, remove, restore and edit while updates arrive late, twice and in
 * any order.
 *
 * - Convergence: devices that hold the same show the same, and so does one that is built from a snapshot.
 * - Form: every visible node is at one path, every path has one node, no two portable names in a directory are equal.
 * - The view that is mended step by step is the one that a rebuild finds, whichever cycle it breaks first.
 * - Changes that are told add up to what is shown, directories before what is in them.
 * - Intention: an operation does to the paths of its device what it would do on a disk, in any state of arrival, and also
 *   amid a transaction. What a disk would refuse throws and writes nothing.
 * - Nothing is lost: a file is missing only if somebody removed it who had heard of all its edits.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { command, PRELUDE } from './testing/tree-commands.ts';
import { TreeWorld } from './testing/tree-world.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 60);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

test(
  'devices converge, lose nothing, and every operation does what it does on a disk',
  { timeout: 60_000 + RUNS * 1000 },
  () => {
    const totals: Record<string, number> = {};
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 5 }),
        fc.array(command, { minLength: 10, maxLength: 120, size: 'max' }),
        fc.infiniteStream(fc.nat({ max: 1000 })),
        (devices, commands, random) => {
          const world = new TreeWorld(devices, (n) => (random.next().value as number) % n);
          for (const each of [...PRELUDE, ...commands]) world.do(each);
          world.finish();
          for (const [fact, count] of Object.entries(world.facts)) totals[fact] = (totals[fact] ?? 0) + count;
        },
      ),
      PARAMETERS,
    );
    for (const fact of ['victims', 'skeletons', 'conflicts', 'united', 'hidden', 'refused'])
      expect(totals[fact]).toBeGreaterThan(0);
  },
);
