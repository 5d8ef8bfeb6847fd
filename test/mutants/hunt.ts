/**
 * `node --import tsx hunt.ts PROFILE SEED RUNS [LAWS]`, in a copy of the product: simulates worlds with the seeds SEED, SEED + 1, …
 * until one of the laws (separated by commas; default: any) is broken, RUNS at most. The last line it prints is a `Catch` as JSON.
 */
import { PROFILES, run } from '@evermesh/testkit/sim';

export interface Catch {
  /** Worlds that were simulated, the one in which a law was broken included. */
  readonly runs: number;
  readonly violation?: { readonly law: string; readonly what: string };
  /** Laws that were broken before, and are not those that were asked for. */
  readonly others: readonly string[];
}

const DEVICES = 3;

const [name = '', first = '', most = '', laws] = process.argv.slice(2);
const profile = PROFILES[name];
if (profile === undefined) throw new TypeError(`There is no profile ${name}.`);
const others = new Set<string>();
let caught: Catch | undefined;
let runs = 0;
while (caught === undefined && runs < Number(most)) {
  const { violations } = await run({ seed: String(Number(first) + runs), devices: DEVICES, profile });
  runs += 1;
  const violation = violations.find(({ law }) => laws === undefined || laws.split(',').includes(law));
  if (violation !== undefined) caught = { runs, violation, others: [...others] };
  else for (const { law } of violations) others.add(law);
}
// oxlint-disable-next-line no-console -- a program, whose output this is
console.log(JSON.stringify(caught ?? { runs, others: [...others] }));
