/**
 * Two directories become one folder: the first sync, small edits, the rename of a directory, what it costs to have it
 * running, and a relay that comes back. Each engine in turn, run after run, so that all meet the same machine.
 */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { findEvermesh } from '../engines/evermesh-command.ts';
import { EvermeshPair, ROLES, type Role } from '../engines/evermesh-pair.ts';
import { copying, findUnison, unison } from '../engines/one-shots.ts';
import type { Availability } from '../engines/pair.ts';
import { findSyncthing } from '../engines/syncthing-instance.ts';
import { SyncthingPair } from '../engines/syncthing-pair.ts';
import { monotonicMicroseconds, profileText, type Span } from '../cpu-profile.ts';
import { EVERMESH, Figures } from '../figures.ts';
import { type GeneratedFiles, generateFiles } from '../generate-files.ts';
import { run } from '../processes.ts';
import { FirstMeshMeter } from './first-mesh-meter.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, UsageError } from './scenario.ts';

const FILE_BYTES = 4096;
const SEED = 1;

export const firstMesh: Scenario = {
  name: 'first-mesh',
  about: 'first sync, edits, a rename, idling and reconnecting of two directories on one machine',
  options: {
    files: { default: '10000', about: 'files of 4 kB in the first sync' },
    binary: { default: '10', about: 'how many in a hundred of them are no text' },
    rename: { default: '3000', about: 'how many of them are in the directory that is renamed' },
    edits: { default: '200', about: 'small edits through evermesh' },
    'peer-edits': { default: '5', about: 'small edits through each peer, some of which take 10 s each' },
    rest: {
      default: '300',
      about:
        'seconds without anything to do before that is watched: V8 collects what a first sync left for minutes',
    },
    idle: { default: '60', about: 'seconds of watching it, once an engine' },
    engines: { default: 'evermesh,cp,syncthing,unison', about: 'what is measured' },
    profile: {
      default: '',
      about: `first sync, edits and rename once, with a CPU profile of one process: ${ROLES.join(', ')}`,
    },
  },
  run: (context) => (context.options.text('profile') === '' ? measureAll(context) : profile(context)),
};

/** What each engine gets: its own directory, a copy of the same files, and where its figures go. */
interface World {
  readonly home: string;
  readonly left: string;
  readonly right: string;
  readonly meter: FirstMeshMeter;
}

type Measure = (world: World) => Promise<void>;

interface Engine {
  readonly name: string;
  readonly find: () => Availability | Promise<Availability>;
  readonly measure: Measure;
}

const ENGINES: readonly Engine[] = [
  { name: EVERMESH, find: () => ({ version: findEvermesh().described }), measure: measureEvermesh },
  { name: 'cp', find: () => ({ version: 'cp -a, nothing synced to disk' }), measure: measureCopying },
  { name: 'syncthing', find: findSyncthing, measure: measureSyncthing },
  { name: 'unison', find: findUnison, measure: measureUnison },
];

async function measureAll(context: ScenarioContext): Promise<ScenarioResult> {
  const figures = new Figures();
  setCeilings(figures);
  const notes: string[] = [];
  const engines = await chooseEngines(context.options.list('engines'), notes);
  const { source, files } = await makeSource(context);
  for (let round = 1; round <= context.runs; round++) {
    for (const { name, measure } of engines) {
      context.say(`run ${round} of ${context.runs}: ${name}`);
      const meter = new FirstMeshMeter({ figures, files, options: context.options, round });
      await inWorld(context.directory, source, meter, measure);
    }
  }
  return { figures, notes };
}

/** Those that can be measured here; what is, and what is not, goes to the notes. */
async function chooseEngines(wanted: readonly string[], notes: string[]): Promise<Engine[]> {
  const names = ENGINES.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no engine '${unknown}': ${names.join(', ')}.`);
  const chosen: Engine[] = [];
  for (const engine of ENGINES.filter(({ name }) => wanted.includes(name))) {
    const found = await engine.find();
    if ('version' in found) chosen.push(engine);
    notes.push(`${engine.name}: ${'version' in found ? found.version : `left out, ${found.missing}`}`);
  }
  return chosen;
}

async function measureEvermesh(world: World): Promise<void> {
  const { meter } = world;
  await using pair = await EvermeshPair.open({ ...world, command: findEvermesh(), files: meter.files });
  await meter.firstSync(pair);
  meter.sent(pair);
  await meter.idle(pair);
  await meter.edits(pair);
  await meter.rename(pair);
  await meter.reconnect(pair);
}

async function measureSyncthing(world: World): Promise<void> {
  const { meter } = world;
  await using pair = await SyncthingPair.open({ ...world, files: meter.files });
  await meter.firstSync(pair);
  await meter.idle(pair);
  await meter.peerEdits(pair, 'syncthing');
  await pair.setWatcherDelay(1);
  await meter.peerEdits(pair, 'syncthing, 1 s delay');
  await meter.rename(pair, 'syncthing, 1 s delay');
}

async function measureUnison(world: World): Promise<void> {
  const tool = unison(world);
  await world.meter.firstRun(tool);
  await world.meter.editsByRunning(tool);
  await world.meter.renameByRunning(tool);
}

function measureCopying(world: World): Promise<void> {
  return world.meter.firstRun(copying(world));
}

/** First sync, edits and the rename, with a profile of one of the processes, told part by part. */
async function profile(context: ScenarioContext): Promise<ScenarioResult> {
  const role = context.options.text('profile') as Role;
  if (!ROLES.includes(role)) throw new UsageError(`--profile is one of ${ROLES.join(', ')}.`);
  const command = findEvermesh();
  const figures = new Figures();
  const { source, files } = await makeSource(context);
  const profiles = join(context.directory, 'profiles');
  const nodeArguments = { role, list: ['--cpu-prof', `--cpu-prof-dir=${profiles}`] };
  const meter = new FirstMeshMeter({ figures, files, options: context.options, round: 1 });
  const spans: Span[] = [];
  const part = async (name: string, work: () => Promise<void>): Promise<void> => {
    context.say(name);
    const from = monotonicMicroseconds();
    await work();
    spans.push({ name: `the ${role} during ${name}`, from, to: monotonicMicroseconds() });
  };
  await inWorld(context.directory, source, meter, async (world) => {
    await using pair = await EvermeshPair.open({ ...world, command, files: meter.files, nodeArguments });
    await part('the first sync', () => meter.firstSync(pair));
    meter.sent(pair);
    await part('small edits', () => meter.edits(pair));
    await part('the rename', () => meter.rename(pair));
  });
  const notes = [`${EVERMESH}: ${command.described}; the profiler makes all of it slower`];
  return { figures, notes, appendix: profileText(profiles, spans) };
}

async function makeSource(context: ScenarioContext): Promise<{ source: string; files: GeneratedFiles }> {
  const source = join(context.directory, 'source');
  const files = context.options.count('files');
  const renamed = Math.min(files, context.options.count('rename'));
  const binaryPercent = context.options.count('binary');
  context.say(`making ${files} files`);
  return {
    source,
    files: await generateFiles(source, { files, renamed, binaryPercent, bytes: FILE_BYTES, seed: SEED }),
  };
}

async function inWorld(
  directory: string,
  source: string,
  meter: FirstMeshMeter,
  measure: Measure,
): Promise<void> {
  // Short, because the path of a control socket below it may have about 100 bytes. It stays until the end: for minutes after
  // files were removed ext4 looks for others to use their inodes, which doubles what the next engine pays for a new file.
  const world = await mkdtemp(join(directory, 'w'));
  const [home, left, right] = [join(world, 'home'), join(world, 'left'), join(world, 'right')];
  await mkdir(home, { recursive: true });
  await run('cp', ['-a', source, left]);
  // What was just written must not be on its way to the disk while an engine is measured.
  await run('sync', []);
  await measure({ home, left, right, meter });
}

function setCeilings(figures: Figures): void {
  figures.reach('first sync', { atMost: 0.5, timesOf: 'syncthing' });
  figures.reach('a small edit, p50', { atMost: 100 });
  figures.reach('a small edit, p50 above the floor', { atMost: 40 });
  figures.reach('a small edit, on the wire', { atMost: 400 });
  figures.reach('rename of a directory, on the wire', { atMost: 2000 });
  figures.reach('rename of a directory', { atMost: 0.03, timesOf: 'syncthing, 1 s delay' });
  for (const role of ROLES) {
    figures.reach(`idle ${role}, processor`, { atMost: 0.1 });
    figures.reach(`idle ${role}, wake-ups`, { atMost: 1 });
  }
  figures.reach('relay restarted, frames a device', { atMost: 4 });
  figures.reach('relay restarted, bytes in frames a device', { atMost: 1000 });
}
