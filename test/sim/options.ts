/** What `npm run sim` is told: its options, checked before anything runs. */
import { parseArgs } from 'node:util';
import { type Profile, PROFILES, type RunOptions } from '@evermesh/testkit/sim';

export const HELP = `npm run sim -- [options]

  --runs N        how many worlds (default 100)
  --hours H       in place of --runs: for how long, 0.5 is half an hour, all profiles together
  --seed S        the first world's seed, a whole number (default 1)
  --jobs N        worlds at a time, in processes of their own (default 1); changes nothing but how long it takes
  --devices N     devices in each world, 3 to 6; N..M: from N to M, as the seed has it (default 3)
  --profile P     what happens: ${Object.keys(PROFILES).join(', ')} (default faults);
                  several: with commas between them, one after the other in the same processes
  --report FILE   write counts and failures as JSON; of several profiles, a list

  --trace         tell the one world of --seed line by line
  --html FILE     draw the one world of --seed, for a browser
  --replay FILE   in place of --seed: the world of a file in test/regressions
  --help
`;

/** One world, to be looked at. */
export interface OneWorld {
  readonly does: 'show';
  readonly isTold: boolean;
  readonly html: string | undefined;
  readonly of: { readonly file: string } | WorldOptions;
}

export interface WorldOptions {
  readonly seed: number;
  readonly devices: RunOptions['devices'];
  readonly profile: Profile;
}

export interface ManyWorlds extends Omit<WorldOptions, 'profile'> {
  readonly does: 'runs';
  readonly profiles: readonly Profile[];
  /** Of each profile: how many worlds, or for how many milliseconds. */
  readonly goal: { readonly runs: number } | { readonly milliseconds: number };
  /** Worlds at a time. */
  readonly jobs: number;
  readonly report: string | undefined;
}

/** Arguments that mean nothing: told without a stack. */
export class WrongArguments extends Error {}

/** @throws WrongArguments */
export function optionsFrom(args: string[]): OneWorld | ManyWorlds | { readonly does: 'help' } {
  const given = parsed(args);
  if (given.help === true) return { does: 'help' };
  const { replay, html, trace, report, jobs = '1' } = given;
  if (replay !== undefined) {
    refuse(given, ['runs', 'hours', 'jobs', 'seed', 'devices', 'profile', 'report'], '--replay');
    return { does: 'show', isTold: trace === true, html, of: { file: replay } };
  }
  const { profiles, ...world } = worldsFrom(given);
  if (trace === true || html !== undefined) {
    refuse(given, ['runs', 'hours', 'jobs', 'report'], '--trace or --html, which show one world');
    const [profile, another] = profiles as [Profile, ...Profile[]];
    if (another !== undefined)
      throw new WrongArguments('--profile takes one profile beside --trace or --html, which show one world.');
    return { does: 'show', isTold: trace === true, html, of: { ...world, profile } };
  }
  const goal = goalFrom(given, profiles.length);
  return { does: 'runs', ...world, profiles, goal, jobs: atLeastOne('jobs', jobs), report };
}

const OPTIONS = {
  runs: { type: 'string' },
  hours: { type: 'string' },
  jobs: { type: 'string' },
  seed: { type: 'string' },
  devices: { type: 'string' },
  profile: { type: 'string' },
  report: { type: 'string' },
  trace: { type: 'boolean' },
  html: { type: 'string' },
  replay: { type: 'string' },
  help: { type: 'boolean' },
} as const;

type Given = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function parsed(args: string[]): Given {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    throw new WrongArguments((error as Error).message, { cause: error });
  }
}

function refuse(given: Given, names: readonly (keyof Given)[], beside: string): void {
  const found = names.find((name) => given[name] !== undefined);
  if (found !== undefined) throw new WrongArguments(`--${found} makes no sense beside ${beside}.`);
}

function worldsFrom({
  seed = '1',
  devices = '3',
  profile = 'faults',
}: Given): Pick<ManyWorlds, 'seed' | 'devices' | 'profiles'> {
  const profiles = profile.split(',').map((name) => profileOf(name.trim()));
  return { seed: wholeNumber('seed', seed), devices: devicesFrom(devices), profiles };
}

function profileOf(name: string): Profile {
  const found = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (found === undefined)
    throw new WrongArguments(
      `--profile is one of ${Object.keys(PROFILES).join(', ')}; there is no '${name}'.`,
    );
  return found;
}

function devicesFrom(text: string): RunOptions['devices'] {
  const [least = 0, most = least, ...others] = text.split('..').map((count) => wholeNumber('devices', count));
  if (least < 3 || most < least || most > 6 || others.length > 0)
    throw new WrongArguments(`--devices takes 3 to 6, or a range within like 3..6, not '${text}'.`);
  return least === most ? least : [least, most];
}

function goalFrom({ runs, hours }: Given, profiles: number): ManyWorlds['goal'] {
  if (hours === undefined) return { runs: atLeastOne('runs', runs ?? '100') };
  if (runs !== undefined) throw new WrongArguments('--hours takes the place of --runs: give one of them.');
  const value = Number(hours);
  if (hours.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new WrongArguments(`--hours takes a number above 0, not '${hours}'.`);
  return { milliseconds: (value * 3_600_000) / profiles };
}

function atLeastOne(name: string, text: string): number {
  const value = wholeNumber(name, text);
  if (value === 0) throw new WrongArguments(`--${name} takes 1 or more.`);
  return value;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new WrongArguments(`--${name} takes a whole number, not '${text}'.`);
  return Number(text);
}
