/**
 * `node part.ts SEED RUNS`, from a checkout or a copy of it: what happens to a folder's tree with the seeds SEED, SEED + 1, ..., one
 * line of JSON for each. A run in which an invariant does not hold is made small.
 */
import { runTree, shrunk } from '../../packages/core/src/folder/testing/tree-run.ts';

export interface Line {
  readonly seed: number;
  readonly counts: Awaited<ReturnType<typeof runTree>>['counts'];
  readonly failure?: {
    readonly invariant: string;
    readonly what: string;
    readonly script: readonly string[];
  };
}

const [first = 1, runs = 0] = process.argv.slice(2).map(Number);
for (let seed = first; seed < first + runs; seed++) {
  const run = await runTree(String(seed));
  const line: Line = { seed, counts: run.counts };
  tell(run.broken === undefined ? line : { ...line, failure: await failureOf(String(seed), run) });
}

async function failureOf(
  seed: string,
  run: Awaited<ReturnType<typeof runTree>>,
): Promise<NonNullable<Line['failure']>> {
  const script = await shrunk(seed, run);
  const { broken = run.broken } = await runTree(seed, script);
  const { invariant = '', what = '' } = broken ?? {};
  return { invariant, what, script: script.map((happening) => JSON.stringify(happening)) };
}

function tell(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
