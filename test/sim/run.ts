/**
 * `npm run sim -- --runs N --devices 3 --profile P --seed S`: N simulated worlds, each from a seed of its own (S, S + 1, …), and
 * whether all laws held in all of them. `--trace` with `--seed S` tells one world step by step; `--hours H` goes on for H hours.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Profile, PROFILES, run, type RunOptions, type RunResult, shrink } from '@evermesh/testkit/sim';

const HELP = `npm run sim -- [options]

  --runs N        how many worlds (default 100)
  --hours H       in place of --runs: for how long
  --seed S        the first world's seed, a whole number (default 1)
  --devices N     devices in each world, 2 to 6; N..M: from N to M, as the seed has it (default 3)
  --profile P     what happens: ${Object.keys(PROFILES).join(', ')} (default faults)
  --trace         tell what happens in the world of --seed, line by line
  --report FILE   write counts and failures as JSON
  --help
`;

const say = (line: string): void => {
  // oxlint-disable-next-line no-console -- a program, whose output this is
  console.log(line);
};

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    hours: { type: 'string' },
    seed: { type: 'string', default: '1' },
    devices: { type: 'string', default: '3' },
    profile: { type: 'string', default: 'faults' },
    trace: { type: 'boolean', default: false },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const profile: Profile | undefined = PROFILES[values.profile];
if (values.help) say(HELP);
else if (profile === undefined)
  throw new TypeError(`--profile is one of ${Object.keys(PROFILES).join(', ')}.`);
else if (values.trace) await tell(profile);
else await runMany(profile);

async function tell(of: Profile): Promise<void> {
  const result = await run({ seed: values.seed, devices: devices(), profile: of, trace: true });
  process.stdout.write(result.trace.text());
  say(closing(result));
}

function closing({ violations, time, events, letters }: RunResult): string {
  return `${Math.round(time / 1000)} s of the world, ${events} events, ${letters} letters typed, ${violations.length} violations`;
}

async function runMany(of: Profile): Promise<void> {
  const first = wholeNumber('seed', values.seed);
  const end = values.hours === undefined ? Infinity : performance.now() + Number(values.hours) * 3_600_000;
  const runs = values.hours === undefined ? wholeNumber('runs', values.runs) : Infinity;
  const began = performance.now();
  const counts = new Map<string, number>();
  const failures: { seed: string; violations: RunResult['violations']; script: unknown }[] = [];
  let done = 0;
  let told = began;
  for (; done < runs && performance.now() < end; done++) {
    const options = { seed: String(first + done), devices: devices(), profile: of };
    const result = await run(options);
    for (const [what, count] of result.trace.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    if (result.violations.length > 0) {
      const script = await shrink(options);
      failures.push({ seed: options.seed, violations: result.violations, script });
      tellFailure(of, options.seed, result, script.length);
    }
    if (performance.now() - told > 10_000) {
      told = performance.now();
      say(`${done + 1} runs, ${failures.length} failures, ${perSecond(done + 1, began)} runs a second`);
    }
  }
  const missing = Object.keys(of.weights).filter((what) => !counts.has(what));
  for (const [what, count] of [...counts].sort(([a], [b]) => a.localeCompare(b)))
    say(`${String(count).padStart(9)}  ${what}`);
  if (done >= 100) for (const what of missing) say(`FAILED: ${what} never happened.`);
  say(
    `sim: ${done} runs of ${of.name} with ${values.devices} devices, ${failures.length} failures, seed ${first}, ` +
      `${perSecond(done, began)} runs a second, ${Math.round((performance.now() - began) / 1000)} s`,
  );
  if (values.report !== undefined)
    await writeFile(
      values.report,
      JSON.stringify({ done, counts: Object.fromEntries(counts), failures }, null, 2),
    );
  process.exitCode = failures.length === 0 && (done < 100 || missing.length === 0) ? 0 : 1;
}

function tellFailure(of: Profile, seed: string, { violations, script }: RunResult, steps: number): void {
  say(`FAILED, seed ${seed}: ${steps} of ${script.length} steps are enough.`);
  for (const { law, what } of violations.slice(0, 5)) say(`  ${law}: ${what}`);
  say(`  Again: npm run sim -- --seed ${seed} --devices ${values.devices} --profile '${of.name}' --trace`);
}

function perSecond(count: number, began: number): string {
  return ((count * 1000) / (performance.now() - began)).toFixed(1);
}

function devices(): RunOptions['devices'] {
  const [least = 0, most = least, ...others] = values.devices
    .split('..')
    .map((count) => wholeNumber('devices', count));
  if (least < 2 || most < least || most > 6 || others.length > 0)
    throw new TypeError('--devices takes 2 to 6, or a range within.');
  return least === most ? least : [least, most];
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`--${name} takes a whole number.`);
  return value;
}
