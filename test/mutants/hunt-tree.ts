/**
 * `node --conditions=@evermesh/source --import tsx hunt-tree.ts SEED RUNS [INVARIANTS]`, in a copy of the product: runs of
 * `npm run tree` with the seeds SEED, SEED + 1, … until one of the invariants (separated by commas; default: any) does not hold, RUNS
 * at most. The last line it prints is a `Catch` as JSON.
 */
import { runTree } from '../../packages/core/src/folder/testing/tree-run.ts';
import type { Catch } from './hunt.ts';

const [first = '', most = '', invariants] = process.argv.slice(2);
const others = new Set<string>();
let caught: Catch | undefined;
let runs = 0;
while (caught === undefined && runs < Number(most)) {
  const { broken } = await runTree(String(Number(first) + runs));
  runs += 1;
  if (broken === undefined) continue;
  const { invariant, what } = broken;
  if (invariants === undefined || invariants.split(',').includes(invariant))
    caught = { runs, violation: { law: invariant, what }, others: [...others] };
  else others.add(invariant);
}
// oxlint-disable-next-line no-console -- a program, whose output this is
console.log(JSON.stringify(caught ?? { runs, others: [...others] }));
