/** The simulated world: what it promises of itself, and a few worlds in which the product has to hold. */
import { describe, expect, test } from 'vitest';
import { lettersIn } from './letters.ts';
import { Ledger } from './ledger.ts';
import { run } from './run.ts';
import type { Profile } from './profile.ts';
import { PROFILES } from './profiles.ts';
import { shrink } from './shrink.ts';

/** SIM_RUNS sets the number of worlds of each profile. */
const RUNS = Number(process.env['SIM_RUNS'] ?? 8);
/** Where old versions go, weeks pass: a world takes as long as ten others. */
const runsOf = ({ history }: Profile): number => (history === undefined ? RUNS : Math.ceil(RUNS / 4));
const profiles = Object.values(PROFILES);

describe.each(profiles)('in $name worlds', (profile: Profile) => {
  test('every law holds', async () => {
    for (let seed = 1; seed <= runsOf(profile); seed++) {
      const { violations, letters } = await run({ seed: `${seed}`, devices: 3, profile });
      expect(violations, `seed ${seed}`).toEqual([]);
      expect(letters).toBeGreaterThan(50);
    }
  }, 300_000);

  test('one seed is one trace, byte for byte, and another seed another', async () => {
    const traceOf = async (seed: string): Promise<string> =>
      (await run({ seed, devices: 3, profile, operations: 40, trace: true })).trace.text();
    const [first, again, other] = [await traceOf('5'), await traceOf('5'), await traceOf('6')];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  }, 60_000);
});

test('people do as much as they are asked to, also where their programs seldom run', async () => {
  const profile = { name: 'stops', weights: { edit: 1, kill: 20 } };
  const { operations, script, violations } = await run({ seed: '1', devices: 2, profile, operations: 10 });
  expect(violations).toEqual([]);
  expect(operations).toBe(10);
  expect(script.filter(({ type }) => type === 'edit').length).toBeGreaterThan(30);
});

test('what had to be settled is counted', async () => {
  const profile = PROFILES['tree'] as Profile;
  const counted = new Set<string>();
  for (let seed = 1; seed <= RUNS; seed++) {
    const { trace } = await run({ seed: `${seed}`, devices: 3, profile });
    for (const what of trace.counts.anomaly.keys()) counted.add(what);
  }
  expect([...counted]).toEqual(expect.arrayContaining(['name conflict', 'removed and alive']));
}, 300_000);

test('relays and devices give each other states, not records alone', async () => {
  const profile = PROFILES['relays'] as Profile;
  const counted = new Map<string, number>();
  for (let seed = 1; seed <= 2 * RUNS; seed++) {
    const { trace, violations } = await run({ seed: `states ${seed}`, devices: 3, profile });
    expect(violations).toEqual([]);
    for (const [what, count] of trace.counts.anomaly) counted.set(what, (counted.get(what) ?? 0) + count);
  }
  expect(counted.get('a state is sent') ?? 0).toBeGreaterThan(RUNS / 2);
  expect(counted.get('a state is put') ?? 0).toBeGreaterThan(0);
}, 300_000);

describe('the ledger', () => {
  const typed = (...texts: string[]): Ledger => {
    const ledger = new Ledger();
    for (const text of texts) {
      ledger.typed(text, 'anna', 1, 'a');
      ledger.kept(lettersIn(text));
    }
    return ledger;
  };
  const lawsOf = (ledger: Ledger, ...texts: string[]): string[] =>
    ledger.judge(new Map(texts.map((text, i) => [`${i}`, text]))).map(({ law }) => law);

  test('misses a letter that is nowhere, and excuses one that somebody took away who had seen it', () => {
    const ledger = typed('乒乓\n');
    expect(lawsOf(ledger, '乓\n')).toEqual(['L2']);
    ledger.replaced('乒乓\n', '乓\n', 'edited');
    expect(lawsOf(ledger, '乓\n')).toEqual([]);
  });

  test('excuses what a misfortune took, unless everybody had it before', () => {
    const ledger = typed('乒\n', '乓\n');
    ledger.excuse(['乒'], 'the power failed');
    ledger.share();
    ledger.excuse(['乓'], 'the power failed');
    expect(lawsOf(ledger)).toEqual(['L2']);
  });

  test('excuses whatever was typed until then, where nobody sees what a call came to, unless everybody had it before', () => {
    const ledger = typed('乒\n');
    ledger.share();
    ledger.typed('乓丁\n', 'ben', 2, 'b');
    ledger.excuseAll('may have been there');
    ledger.typed('丂\n', 'ben', 3, 'b');
    ledger.kept(['乓', '丁', '丂']);
    expect(ledger.judge(new Map()).map(({ what }) => what[0])).toEqual(['乒', '丂']);
  });

  test('names a letter that is there twice, unless its line was changed at two places at a time', () => {
    const ledger = typed('乒\n');
    expect(lawsOf(ledger, '乒\n', '乒\n')).toEqual(['L9']);
    ledger.replaced('乒\n', '乒乓\n', 'edited');
    expect(lawsOf(ledger, '乒\n乒\n')).toEqual([]);
  });

  test('misses a letter that was brought back, unless somebody else took it away as well', () => {
    const ledger = typed('乒\n', '乓\n');
    for (const text of ['乒\n', '乓\n']) ledger.replaced(text, '', 'removed by anna');
    ledger.replaced('乓\n', '', 'edited by ben');
    ledger.restored(['乒', '乓'], 'anna', (how) => how === 'removed by anna');
    expect(ledger.judge(new Map())).toMatchObject([
      { law: 'L2', what: expect.stringContaining('乒') as string },
    ]);
  });

  test('excuses what was brought back where a machine was set back, unless everybody had it before', () => {
    for (const isShared of [false, true]) {
      const ledger = typed('乒\n');
      ledger.replaced('乒\n', '', 'removed by anna');
      ledger.restored(['乒'], 'anna', (how) => how === 'removed by anna');
      if (isShared) ledger.share();
      ledger.setBack('ben', 'the device was set back');
      expect(lawsOf(ledger)).toEqual(['L2']);
      ledger.setBack('anna', 'the device was set back');
      expect(lawsOf(ledger)).toEqual(isShared ? ['L2'] : []);
    }
  });

  test('excuses a letter that stood twice when two people each took one of them away', () => {
    const ledger = typed('乒\n');
    ledger.replaced('乒\n', '乒乓\n', 'edited');
    ledger.replaced('乒\n乒乓\n', '乒\n乓\n', 'edited by anna');
    expect(lawsOf(ledger)).toEqual([]);
  });

  test('names a letter that nobody typed', () => {
    expect(lawsOf(new Ledger(), '乒')).toEqual(['L1']);
  });
});

test('a script in which nothing fails is not made smaller', async () => {
  const profile = PROFILES['calm'] as Profile;
  const { script } = await run({ seed: '1', devices: 2, profile, operations: 5 });
  expect(await shrink({ seed: '1', devices: 2, profile, operations: 5 })).toEqual(script);
});
