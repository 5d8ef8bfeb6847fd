/** One run: a world, a script, and whether everything that must hold did. */
import type { Violation } from './ledger.ts';
import { drawScript } from './draw-script.ts';
import { goneWithin } from './history-profiles.ts';
import type { Profile } from './profile.ts';
import type { Application } from './application.ts';
import { isQuietStep, type Step } from './script.ts';
import { Seeded } from './seeded.ts';
import type { Trace } from './trace.ts';
import {
  checkApplication,
  checkAgreement,
  checkEchoes,
  checkLetters,
  checkRecords,
  checkVersions,
  checkSilence,
} from './laws.ts';
import type { Sight } from './observe.ts';
import { fetchEverything, rest, Unsettled } from './rest.ts';
import type { RunningDevice, SimDevice } from './sim-device.ts';
import { COLLECTED } from './sim-disk.ts';
import { World } from './world.ts';

export interface RunOptions {
  readonly seed: string;
  /** How many, or the least and the most: then the seed draws. */
  readonly devices: number | readonly [least: number, most: number];
  readonly profile: Profile;
  /** How many things people do, at least. Default: 100. */
  readonly operations?: number | undefined;
  /** In place of the script that the seed draws. */
  readonly script?: readonly Step[] | undefined;
  readonly trace?: boolean | undefined;
  /**
   * Makes the application of one world. It runs on every device in place of the people who work with folders: whenever it was their
   * turn, it is its own.
   */
  readonly app?: (() => Application<unknown>) | undefined;
}

export interface RunResult {
  readonly script: readonly Step[];
  readonly violations: readonly Violation[];
  readonly trace: Trace;
  readonly devices: number;
  readonly operations: number;
  /** Milliseconds that passed in the world. */
  readonly time: number;
  readonly events: number;
  readonly letters: number;
}

/** A world in which people get nowhere ends as well. */
const MOST_STEPS = 20_000;

/** How many things people did. */
const operationsIn = ({ counts }: Trace): number =>
  [...counts.operation.values()].reduce((sum, count) => sum + count, 0);

export async function run({
  seed,
  devices,
  profile,
  operations,
  script,
  trace,
  app,
}: RunOptions): Promise<RunResult> {
  const drawn = script ?? drawScript(new Seeded(seed).fork('script'), profile);
  const world = await World.open({
    seed,
    devices: typeof devices === 'number' ? devices : countDrawn(seed, devices),
    mirrors: profile.mirrors ?? false,
    fileSystems: profile.fileSystems ?? false,
    latecomers: profile.latecomers ?? false,
    onDemand: profile.onDemand ?? false,
    caseSensitive: profile.caseSensitive ?? false,
    grants: profile.grants ?? false,
    relays: profile.relays ?? 1,
    keep: profile.keep ?? 2_592_000_000,
    history: profile.history ?? 'everything',
    app: app?.(),
    trace: trace ?? false,
  });
  // Some of what people set out to do comes to nothing: the world goes on until they did enough.
  const enough = operations ?? 100;
  const isEnough = (): boolean => script === undefined && operationsIn(world.trace) >= enough;
  const steps: Step[] = [];
  try {
    // Whatever is waited for in it has a bound of its own.
    const life = { script: drawn, isEnough, taken: steps, hasLetters: app === undefined };
    await world.scheduler.until(() => live(world, life), 'the world to end', Number.POSITIVE_INFINITY);
  } catch (error) {
    if (!(error instanceof Unsettled)) world.violate('L12', String((error as Error).stack ?? error));
  }
  return {
    script: steps,
    violations: world.violations,
    trace: world.trace,
    devices: world.everybody.length,
    operations: operationsIn(world.trace),
    time: world.scheduler.now,
    events: world.scheduler.happened,
    letters: world.ledger.typedCount,
  };
}

interface Life {
  readonly script: Iterable<Step>;
  /** Whether no further step is to be taken. */
  readonly isEnough: () => boolean;
  /** Filled with the steps that were taken, as far as it comes. */
  readonly taken: Step[];
  /** What an application writes is nobody's letters. */
  readonly hasLetters: boolean;
}

async function live(world: World, { script, isEnough, taken, hasLetters }: Life): Promise<void> {
  const { scheduler, trace, violations } = world;
  for (const step of script) {
    if (isEnough()) break;
    if (taken.length === MOST_STEPS) throw new Error(`People did not do enough in ${MOST_STEPS} steps.`);
    taken.push(step);
    if (step.type === 'rest') {
      trace.count('fault', 'rest');
      await restAndCompare(world);
    } else if (isQuietStep(step.type)) await performAtRest(world, step);
    else await world.perform(step);
  }
  await fetchEverything(world);
  const sight = await restAndCompare(world, true);
  if (violations.length === 0 && hasLetters) checkLetters(world, sight);
  if (violations.length === 0) await scheduler.until(() => checkRecords(world), 'folders to be verified');
  if (world.history !== 'everything') await scheduler.pass(goneWithin(world.history));
  if (violations.length === 0) await checkSilence(world);
  // Last, for whoever reads an earlier version that is not here has it fetched.
  if (violations.length === 0) await scheduler.until(() => checkVersions(world), 'a look at versions');
  for (const { disk } of world.everybody)
    for (let left = disk.collected; left > 0; left--) trace.count('upkeep', COLLECTED);
}

const countDrawn = (seed: string, [least, most]: readonly [number, number]): number =>
  least + new Seeded(seed).fork('devices').below(most - least + 1);

/** Nobody else does anything meanwhile: what the others' devices write then, nobody asked them to. */
async function performAtRest(world: World, step: Step): Promise<void> {
  if (step.type === 'join at rest' && world.absent.length === 0) return;
  await restAndCompare(world);
  world.network.watchAuthors();
  const who = await world.perform(step);
  await restAndCompare(world);
  checkEchoes(world, who, world.network.takeAuthors());
}

async function restAndCompare(world: World, isEnd = false): Promise<Sight> {
  await rest(world);
  const { scheduler, devices, anomalies, ledger, history } = world;
  const sight = await scheduler.until(() => checkAgreement(world, isEnd), 'a look at everything');
  const { folder } = (devices[0] as SimDevice).running as RunningDevice;
  await scheduler.until(() => anomalies.countAtRest(folder), 'anomalies to be counted');
  // Later they have gone.
  if (history !== 'everything') await scheduler.until(() => checkVersions(world), 'a look at versions');
  await scheduler.until(() => checkApplication(world), 'the application to look at everything');
  ledger.share();
  world.shared(sight.files);
  return sight;
}
