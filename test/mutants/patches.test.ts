/** Every mutant fits the code of today, and says what the runner has to know. That each is caught, `npm run mutants` shows. */
import { join } from 'node:path';
import { PROFILES } from '@evermesh/testkit/sim';
import { describe, expect, test } from 'vitest';
import { partOf, readMutants } from './mutant.ts';
import { applyPatch } from './product.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const LAW = /^L([1-9]|1[0-2])$/;
const INVARIANT = /^I[1-8]$/;

const mutants = await readMutants();

describe('a mutant', () => {
  test.each(mutants)('$name applies to the product as it is', async ({ patch }) => {
    await expect(applyPatch(REPOSITORY, patch, { check: true })).resolves.toBeUndefined();
  });

  test.each(mutants)('$name names laws and a profile that there are', ({ laws, profile, breaks }) => {
    const known = profile === undefined ? INVARIANT : LAW;
    expect(laws.filter((law) => !known.test(law))).toEqual([]);
    if (profile !== undefined) expect(Object.keys(PROFILES)).toContain(profile);
    expect(breaks).toMatch(/^[A-Z].+\.$/);
  });

  test('that does not fit is refused', async () => {
    const noPatch = join(import.meta.dirname, 'patches.test.ts');
    await expect(applyPatch(REPOSITORY, noPatch, { check: true })).rejects.toThrow(/git apply/);
  });
});

describe('a part of the mutants', () => {
  test('is every so many of them, and all parts together are all', () => {
    const parts = Array.from({ length: 10 }, (_, turn) => partOf(mutants, `${turn + 370}/10`));
    expect(
      parts
        .flat()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(mutants.map(({ name }) => name));
    expect(Math.min(...parts.map(({ length }) => length))).toBeGreaterThanOrEqual(2);
  });

  test.each(['', '1', '1/0', '-1/2', '1/2/3', '900/999'])('is not %j', (part) => {
    expect(() => partOf(mutants, part)).toThrow(TypeError);
  });
});
