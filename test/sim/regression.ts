/**
 * A failure as a file: the steps that are enough for it, each with the random stream it draws from, so that neither the way in
 * which scripts are drawn nor the profile's weights change what the file means. `docs/guides/simulate.md` says what still can.
 */
import type { Profile, RunOptions, RunResult, Step, TraceEvent } from '@evermesh/testkit/sim';

const VERSION = 1;

export interface KeptStep extends Step {
  readonly stream: string;
  /** What it did when the file was written, for people. */
  readonly does: readonly string[];
}

export interface Regression {
  readonly version: typeof VERSION;
  readonly profile: string;
  readonly seed: string;
  readonly devices: number;
  /** What the profile says of machines and networks, without how often each step is drawn. */
  readonly world: Omit<Profile, 'name' | 'weights'>;
  /** The law that broke. */
  readonly law: string;
  /** One line of what was wrong. */
  readonly wrong: string;
  readonly steps: readonly KeptStep[];
}

/** @param result of these options, with a trace, and at least one violation */
export function regressionOf({ seed, profile }: RunOptions, result: RunResult): Regression {
  const { name, weights: _drawn, ...world } = profile;
  const { script, trace, violations, devices } = result;
  const [{ law, what } = { law: '', what: '' }] = violations;
  const steps = script.map((step) => ({
    ...step,
    stream: step.stream ?? `${seed}/step ${step.id}`,
    does: wordsOf(step, trace.events),
  }));
  const wrong = what.split('\n', 1)[0] as string;
  return { version: VERSION, profile: name, seed, devices, world, law, wrong, steps };
}

const wordsOf = ({ id }: Step, events: readonly TraceEvent[]): string[] =>
  events.flatMap((event) =>
    (event.type === 'person' || event.type === 'misfortune') && event.step === id
      ? [`${event.who}: ${event.what}`]
      : [],
  );

export const fileNameOf = ({ profile, seed }: Regression): string =>
  `${profile.replaceAll(' ', '-')}-${seed}.json`;

/** One line for each step, so that a change of the file can be read. */
export function textOf({ steps, ...head }: Regression): string {
  const lines = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  );
  const listed = steps.map((step) => `    ${JSON.stringify(step)}`).join(',\n');
  return `{\n${lines.join('\n')}\n  "steps": [\n${listed}\n  ]\n}\n`;
}

/** @throws Error, saying what is wrong, for a file of another version or of something else */
export function readRegression(text: string): Regression {
  const read = JSON.parse(text) as Partial<Regression> | null;
  if (read?.version !== VERSION) throw new Error(`This is no regression of version ${VERSION}.`);
  if (typeof read.seed !== 'string' || typeof read.devices !== 'number' || !Array.isArray(read.steps))
    throw new Error('A regression has a seed, a number of devices, and steps.');
  return read as Regression;
}

/** What runs it again. @param timing of network, disks and programs: by default as when it was found */
export const optionsOf = (
  { profile, seed, devices, world, steps }: Regression,
  timing = seed,
): RunOptions => ({
  seed: timing,
  devices,
  profile: { ...world, name: profile, weights: {} },
  script: steps.map(({ does: _words, ...step }) => step),
});

/** Steps that do now what they did not when the file was written, as lines. */
export function driftOf({ steps }: Regression, events: readonly TraceEvent[]): string[] {
  return steps.flatMap((step) => {
    const now = wordsOf(step, events).join('; ');
    const then = step.does.join('; ');
    return now === then ? [] : [`step ${step.id} (${step.type}): ${then} -> ${now}`];
  });
}
