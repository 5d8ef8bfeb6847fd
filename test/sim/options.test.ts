import { describe, expect, test } from 'vitest';
import { optionsFrom, WrongArguments } from './options.ts';

describe('options of npm run sim', () => {
  test('by default ask for 100 worlds of faults from seed 1, with three devices', () => {
    expect(optionsFrom([])).toMatchObject({
      does: 'runs',
      goal: { runs: 100 },
      seed: 1,
      jobs: 1,
      devices: 3,
      profiles: [{ name: 'faults' }],
    });
  });

  test('ask for hours, for several worlds at a time, or for a range of devices', () => {
    const args = ['--hours', '0.5', '--jobs', '2', '--devices', '3..6', '--profile', 'disk faults'];
    const options = optionsFrom(args);
    expect(options).toMatchObject({
      goal: { milliseconds: 1_800_000 },
      jobs: 2,
      devices: [3, 6],
      profiles: [{ name: 'disk faults' }],
    });
  });

  test('ask for several profiles, which share the hours', () => {
    const profiles = [{ name: 'calm' }, { name: 'full stores' }];
    expect(optionsFrom(['--profile', 'calm, full stores'])).toMatchObject({ goal: { runs: 100 }, profiles });
    expect(optionsFrom(['--profile', 'calm,full stores', '--hours', '1'])).toMatchObject({
      goal: { milliseconds: 1_800_000 },
    });
  });

  test('show one world of a seed or of a file', () => {
    expect(optionsFrom(['--seed', '7', '--html', 'a.html'])).toMatchObject({
      does: 'show',
      isTold: false,
      html: 'a.html',
      of: { seed: 7 },
    });
    expect(optionsFrom(['--replay', 'a.json', '--trace'])).toMatchObject({
      isTold: true,
      of: { file: 'a.json' },
    });
  });

  test.each([
    [['--runs', '-1'], /--runs/],
    [['--runs', 'many'], /--runs takes a whole number, not 'many'/],
    [['--runs', '0'], /--runs takes 1 or more/],
    [['--jobs', '0'], /--jobs takes 1 or more/],
    [['--jobs', '2', '--trace'], /--jobs makes no sense beside --trace/],
    [['--hours', ''], /--hours takes a number above 0/],
    [['--hours', '1', '--runs', '1'], /--hours takes the place of --runs/],
    [['--devices', '2'], /--devices takes 3 to 6/],
    [['--devices', '3..7'], /--devices takes 3 to 6/],
    [['--devices', '5..4'], /--devices takes 3 to 6/],
    [['--profile', 'toString'], /there is no 'toString'/],
    [['--profile', 'calm,'], /there is no ''/],
    [['--profile', 'calm,faults', '--trace'], /--profile takes one profile beside --trace/],
    [['--seed', '1.5'], /--seed takes a whole number/],
    [['--frobnicate'], /--frobnicate/],
    [['more'], /more/],
    [['--trace', '--runs', '5'], /--runs makes no sense beside --trace/],
    [['--replay', 'a.json', '--seed', '1'], /--seed makes no sense beside --replay/],
  ])('refuse %j', (args, message) => {
    expect(() => optionsFrom(args)).toThrow(WrongArguments);
    expect(() => optionsFrom(args)).toThrow(message);
  });
});
