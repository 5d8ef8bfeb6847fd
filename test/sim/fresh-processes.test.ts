/**
 * A seed decides a world whatever the process that it is in: another start of the program, other worlds before it, another time
 * zone and language. PROP_RUNS sets how many worlds of each profile are tried, PROP_SEED the first one's seed.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PROFILES } from '@evermesh/testkit/sim';
import { expect, test } from 'vitest';

const run = promisify(execFile);

const WORLDS = Math.ceil(Number(process.env['PROP_RUNS'] ?? 40) / 40);
const FIRST = process.env['PROP_SEED'] ?? '1';
const PROGRAM = [
  '--conditions=@evermesh/source',
  '--import',
  import.meta.resolve('tsx'),
  fileURLToPath(new URL('digests.ts', import.meta.url)),
];

/** The lines of a program of its own, in their usual order. */
async function digests(env: Record<string, string>, ...order: string[]): Promise<string[]> {
  const args = [...PROGRAM, FIRST, String(WORLDS), ...order];
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...env } });
  return stdout.trimEnd().split('\n').sort();
}

test('one seed is one trace, byte for byte, in two processes', { timeout: 60_000 * WORLDS }, async () => {
  const [here, elsewhere] = await Promise.all([
    digests({ TZ: 'UTC', LC_ALL: 'C' }),
    digests({ TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8' }, 'reversed'),
  ]);
  expect(elsewhere).toEqual(here);
  // Otherwise nothing was compared, or one thing with itself.
  const traces = here.map((line) => line.split(' ').at(-2));
  expect(new Set(traces).size).toBe(Object.keys(PROFILES).length * WORLDS);
  expect(here.map((line) => Number(line.split(' ').at(-1))).filter((events) => events < 500)).toEqual([]);
});
