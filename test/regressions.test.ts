/**
 * What the simulator found once is tried for ever: each file of `test/regressions`, as it was found, and with other timings of
 * network, disks and programs, because the product's own have changed since.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '@evermesh/testkit/sim';
import { describe, expect, test } from 'vitest';
import { fileNameOf, optionsOf, readRegression } from './sim/regression.ts';

const DIRECTORY = fileURLToPath(new URL('regressions', import.meta.url));
const TIMINGS = 4;

const names = (await readdir(DIRECTORY)).filter((name) => name.endsWith('.json')).sort();
const regressions = await Promise.all(
  names.map(async (name) => readRegression(await readFile(join(DIRECTORY, name), 'utf8'))),
);

test('each regression is called after what is in it', () => {
  expect(names).toEqual(regressions.map(fileNameOf));
});

describe.each(regressions)('$law in $profile, seed $seed', (regression) => {
  test('does not come back', async () => {
    for (let timing = 0; timing < TIMINGS; timing++) {
      const seed = timing === 0 ? regression.seed : `${regression.seed} again ${timing}`;
      const { violations } = await run(optionsOf(regression, seed));
      expect(violations, `with the timing of '${seed}'`).toEqual([]);
    }
  });
});
