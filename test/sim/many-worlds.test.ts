/** Many worlds tell the same whether they are simulated in one process or in several, and in the end with an exit code. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Profile, PROFILES } from '@evermesh/testkit/sim';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { runMany } from './many-worlds.ts';
import { readRegression } from './regression.ts';

/** Breaks L12 in about every other world: nobody knows how its second kind of step happens. */
const BROKEN = { name: 'broken', weights: { edit: 200, 'no such step': 1 } } as unknown as Profile;

let directory: string;
let said: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evermesh-sim-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  said = '';
  const hears = (text: unknown): boolean => ((said += String(text)), true);
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation(hears);
});

/** What comes of four worlds: the exit code, and the report without what differs from run to run. */
async function simulated(profile: Profile, jobs: number): Promise<[number, Record<string, unknown>]> {
  const report = join(directory, `${jobs} jobs`, 'report.json');
  const world = { does: 'runs', seed: 1, devices: 3, goal: { runs: 4 }, profiles: [profile] } as const;
  const code = await runMany({ ...world, jobs, report }, join(directory, 'regressions'));
  const read = JSON.parse(await readFile(report, 'utf8')) as Record<string, unknown>;
  const times = ['jobs', 'seconds', 'runsPerSecond', 'operationsPerSecond'];
  return [code, Object.fromEntries(Object.entries(read).filter(([key]) => !times.includes(key)))];
}

describe('many worlds', () => {
  test('in several processes tell what they tell in one', async () => {
    const profile = PROFILES['faults'] as Profile;
    const [code, report] = await simulated(profile, 1);
    expect(code).toBe(0);
    expect(report).toMatchObject({ profile: 'faults', runs: 4, failures: [] });
    expect(await simulated(profile, 3)).toEqual([0, report]);
    expect(said).toMatch(/^100 %: 4 runs, /m);
    expect(said).toMatch(/^sim: 4 runs of faults with 3 devices, 0 failures, seed 1, /m);
  });

  test('of several profiles tell of each what they tell of it alone', async () => {
    const calm = PROFILES['calm'] as Profile;
    const world = { does: 'runs', seed: 1, devices: 3, goal: { runs: 2 }, jobs: 1 } as const;
    const report = join(directory, 'report.json');
    const reportOf = async (profiles: Profile[]): Promise<unknown> => {
      const code = await runMany({ ...world, profiles, report }, join(directory, 'regressions'));
      expect(code).toBe(profiles.includes(BROKEN) ? 1 : 0);
      return JSON.parse(await readFile(report, 'utf8'));
    };
    const { counts } = (await reportOf([calm])) as { counts: unknown };
    expect(await reportOf([BROKEN, calm])).toMatchObject([
      { profile: 'broken', failures: [{ violations: [{ law: 'L12' }] }] },
      { profile: 'calm', counts, failures: [] },
    ]);
  });

  test.each([1, 2])('that fail are kept as files, and are the exit code, in %i at a time', async (jobs) => {
    const [code, report] = await simulated(BROKEN, jobs);
    expect(code).toBe(1);
    const failures = report['failures'] as { readonly seed: string; readonly enough: number }[];
    const seeds = failures.map(({ seed }) => seed);
    expect(seeds.length).toBeGreaterThan(0);
    expect(seeds).toEqual(seeds.toSorted());
    const files = (await readdir(join(directory, 'regressions'))).sort();
    expect(files).toEqual(seeds.map((seed) => `broken-${seed}.json`));
    const kept = await readFile(join(directory, 'regressions', files[0]!), 'utf8');
    expect(readRegression(kept)).toMatchObject({ law: 'L12', steps: [{ type: 'no such step' }] });
    expect(said).toMatch(/^FAILED, seed \d: 1 of \d+ steps are enough\.\n {2}L12: .*no such step/m);
  });
});
