/**
 * Invariants of a folder's tree, on three to five replicas whose people make, copy in, move, replace, remove, restore and edit,
 * while each author's records of each document arrive late, twice, in any order between these, or are only told of, and programs
 * end and begin again. Texts, blobs and heads are the product's own.
 *
 * - I1 Replicas that hold the same records show the same, and so does one that joins last and takes them in another order.
 * - I2 Every visible node is at one path, every path has one node, and no two portable names in a directory are equal.
 * - I3 No directory is inside itself: all that is shown is found from the root downwards.
 * - I4 The view that is mended step by step is the one that a rebuild finds, whichever cycle it breaks first, and the one that is
 *      there after a restart. The changes that are told add up to it, directories before what is in them; those told by path can be done
 *      one after the other on a disk that refuses what a file system would.
 * - I5 A file is missing only if somebody removed it who had seen all of its content, and that somebody wished to have it, or the
 *      directory it was removed with, elsewhere. It is missing if somebody removed it who had seen all that was ever written of it.
 *      A letter is missing only if somebody took it away who had it in front of him.
 * - I6 Repeats, and records whose predecessors are missing, change nothing. In the end nothing waits for anything.
 * - I7 An operation does to the paths of its replica what it would do on a POSIX file system, in any state of arrival. What that
 *      would refuse is refused and leaves no trace. What is written is what is then read.
 * - I8 When all is here, everything that lives has its place.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED the first one's seed; `npm run tree` does many, and makes failures small.
 */
import { expect, test } from 'vitest';
import { lacksOf, runTree, sum } from './testing/tree-run.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 40);
const FIRST = Number(process.env['PROP_SEED'] ?? 1);

test(
  'replicas converge, lose nothing, and every operation does what it does on a disk',
  { timeout: 60_000 + RUNS * 1000 },
  async () => {
    const counts = [];
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const run = await runTree(String(seed));
      expect({ seed, broken: run.broken }).toEqual({ seed, broken: undefined });
      counts.push(run.counts);
    }
    if (RUNS >= 20) expect(lacksOf(sum(counts), RUNS)).toEqual([]);
  },
);
