/**
 * What a log costs beside the databases and documents that it is made of: making updates durable, editing a text and opening
 * it, starting with very many files, and what is left of very many updates. No relay takes part.
 */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { profileText, monotonicMicroseconds } from '../cpu-profile.ts';
import { findEvermesh } from '../engines/evermesh-command.ts';
import { EVERMESH, Figures, isNamed } from '../figures.ts';
import { hasPeer } from '../log/peer-package.ts';
import { runTask } from '../log/run-task.ts';
import type { Amounts, TaskOptions } from '../log/task-options.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, UsageError } from './scenario.ts';

const PARTS = ['durable', 'trace', 'files', 'soak', 'kept'] as const;
type Part = (typeof PARTS)[number];

export const log: Scenario = {
  name: 'log',
  about: 'durable updates, a text that is edited and opened, a start with many files, very many updates',
  options: {
    parts: { default: PARTS.join(','), about: 'what is measured' },
    engines: {
      default: '',
      about: 'whose, by the first word of their names; else of all that are installed',
    },
    updates: { default: '20000', about: 'updates that are made durable' },
    writers: { default: '1000', about: 'how many write them at a time, each to a document of his own' },
    trace: {
      default: '',
      about: 'a recorded trace of edits, as JSON, compressed or not; else one is generated',
    },
    edits: { default: '0', about: 'how many edits of the trace; 0 for all' },
    files: { default: '100000', about: 'files of a replica that starts' },
    documents: { default: '1000', about: 'files that very many saves go to' },
    saves: { default: '100000', about: 'how many these are; a soak is 1,000,000' },
    profile: { default: '', about: 'a task of Evermesh to profile alone, for instance "durable evermesh"' },
  },
  run: (context) => (context.options.text('profile') === '' ? measureAll(context) : profile(context)),
};

/** One measurement of the scenario: what is run, whose it is, and which amounts of it are which figures. */
interface Measurement {
  readonly task: string;
  readonly engine: string;
  /** A package in `bench/peers` that has to be there. */
  readonly peer?: string;
  readonly subjects: Readonly<Record<string, readonly [amount: string, unit: string]>>;
}

const each = (task: string, engine: string, peer?: string): Measurement => ({
  task,
  engine,
  ...(peer !== undefined && { peer }),
  subjects: {
    'a durable update': ['microsecondsEach', 'us'],
    'a durable update, processor': ['processorEach', 'us'],
  },
});

const TYPED = { 'the trace typed': ['milliseconds', 'ms'], 'the typed file opened': ['open', 'ms'] } as const;
const SAVED = { 'the trace saved': ['milliseconds', 'ms'], 'the saved file opened': ['open', 'ms'] } as const;
const STARTED = 'a start';
const MEMORY = 'memory a file';

const MEASUREMENTS: Readonly<Record<Part, readonly Measurement[]>> = {
  durable: [
    each('durable evermesh', EVERMESH),
    each('durable evermesh, one sync an update', 'evermesh, one sync an update'),
    each('durable classic-level, the same rows', 'classic-level, the same rows'),
    each('durable classic-level, a row an update', 'classic-level, a row an update'),
    each('durable y-leveldb, never synced', 'y-leveldb, never synced', 'y-leveldb'),
    each('durable sqlite', 'sqlite', 'node-sqlite3-wasm'),
    each('durable sqlite, one sync an update', 'sqlite, one sync an update', 'node-sqlite3-wasm'),
  ],
  trace: [
    { task: 'trace evermesh', engine: EVERMESH, subjects: TYPED },
    { task: 'trace yjs', engine: 'yjs', subjects: TYPED },
    { task: 'saves evermesh', engine: EVERMESH, subjects: SAVED },
    { task: 'saves yjs', engine: 'yjs', subjects: SAVED },
  ],
  files: [
    {
      task: 'files start',
      engine: EVERMESH,
      subjects: { [STARTED]: ['milliseconds', 'ms'], [MEMORY]: ['bytesEach', 'B'] },
    },
    { task: 'files walk', engine: 'a walk over the store', subjects: { [STARTED]: ['milliseconds', 'ms'] } },
    { task: 'files tree', engine: 'the tree alone', subjects: { [MEMORY]: ['bytesEach', 'B'] } },
  ],
  soak: [
    {
      task: 'soak',
      engine: EVERMESH,
      subjects: {
        'documents open after the saves': ['documentsOpen', ''],
        'arrays of bytes held after the saves': ['bytesHeld', ''],
        'arrays of bytes held after a tenth of them': ['bytesHeldBefore', ''],
        'memory grown a save': ['bytesGrown', 'B'],
        'disk beside content': ['diskShare', 'times'],
        'states beside content': ['stateShare', 'times'],
        'history a save': ['historyEach', 'B'],
        'places in the log, and the rest, a save': ['othersEach', 'B'],
      },
    },
  ],
  kept: [
    {
      task: 'kept',
      engine: EVERMESH,
      subjects: { 'a year of saves at a relay, beside content': ['storeShare', 'times'] },
    },
  ],
};

async function measureAll(context: ScenarioContext): Promise<ScenarioResult> {
  const figures = new Figures();
  const notes = [`${EVERMESH}: ${findEvermesh().described}`];
  const parts = context.options.list('parts').map(partOf);
  const engines = context.options.list('engines');
  const measurements = parts
    .flatMap((part) => MEASUREMENTS[part])
    .filter((one) => isNamed(one.engine, engines) && isThere(one, notes));
  setCeilings(figures);
  const files = parts.includes('files') ? await makeFiles(context) : '';
  for (let round = 1; round <= context.runs; round++) {
    for (const measurement of measurements) {
      context.say(`run ${round} of ${context.runs}: ${measurement.task}`);
      const directory = measurement.task.startsWith('files') ? files : await newDirectory(context);
      const options = optionsOf(context, measurement, directory);
      add(figures, measurement, await runTask(measurement.task, options, context));
    }
  }
  addBeyondTheTree(figures);
  return { figures, notes };
}

const isThere = ({ peer, engine }: Measurement, notes: string[]): boolean =>
  peer === undefined || hasPeer(engine, peer, notes);

function partOf(name: string): Part {
  const part = PARTS.find((one) => one === name);
  if (part === undefined) throw new UsageError(`There is no part '${name}': ${PARTS.join(', ')}.`);
  return part;
}

const newDirectory = ({ directory }: ScenarioContext): Promise<string> => mkdtemp(join(directory, 'w'));

function optionsOf({ options }: ScenarioContext, { task }: { task: string }, directory: string): TaskOptions {
  const trace = options.text('trace');
  return {
    directory,
    updates: options.count(task === 'soak' || task === 'kept' ? 'saves' : 'updates'),
    writers: options.count('writers'),
    files: options.count('files'),
    documents: options.count('documents'),
    nodes: 0,
    trace: trace === '' ? '' : resolve(trace),
    edits: options.count('edits'),
  };
}

/** Once: every run opens the same store, which a start does not change but for a few rows. */
async function makeFiles(context: ScenarioContext): Promise<string> {
  context.say(`making ${context.options.count('files')} files`);
  const directory = join(context.directory, 'files');
  await mkdir(directory);
  await runTask('files make', optionsOf(context, { task: 'files make' }, directory), context);
  return directory;
}

function add(figures: Figures, { engine, subjects }: Measurement, amounts: Amounts): void {
  for (const [subject, [amount, unit]] of Object.entries(subjects))
    figures.add(subject, engine, unit, amounts[amount]!);
}

/** Of each run: what a closed file takes beside its part of the tree. */
function addBeyondTheTree(figures: Figures): void {
  const whole = figures.find(MEMORY, EVERMESH)?.values ?? [];
  const tree = figures.find(MEMORY, 'the tree alone')?.values ?? [];
  for (const [i, bytes] of tree.entries())
    figures.add('memory a file beyond the tree', EVERMESH, 'B', whole[i]! - bytes);
}

function setCeilings(figures: Figures): void {
  // 0.8 times as many a second.
  figures.reach('a durable update', { atMost: 1.25, timesOf: 'classic-level, the same rows' });
  figures.reach('the trace typed', { atMost: 1.2, timesOf: 'yjs' });
  figures.reach('the typed file opened', { atMost: 1.2, timesOf: 'yjs' });
  figures.reach('the saved file opened', { atMost: 1.2, timesOf: 'yjs' });
  figures.reach(STARTED, { atMost: 5, timesOf: 'a walk over the store' });
  figures.reach(MEMORY, { atMost: 1400 });
  figures.reach('memory a file beyond the tree', { atMost: 300 });
  // As many as stay in memory when nobody uses them, those at hand, and the tree's.
  figures.reach('documents open after the saves', { atMost: 120 });
  figures.reach('arrays of bytes held after the saves', { atMost: 20_000 });
  figures.reach('memory grown a save', { atMost: 1 });
  figures.reach('disk beside content', { atMost: 3 });
  figures.reach('a year of saves at a relay, beside content', { atMost: 3 });
}

async function profile(context: ScenarioContext): Promise<ScenarioResult> {
  const task = context.options.text('profile');
  const profiles = join(context.directory, 'profiles');
  const isOfFiles = task.startsWith('files');
  const directory = isOfFiles ? await makeFiles(context) : await newDirectory(context);
  const from = monotonicMicroseconds();
  await runTask(task, optionsOf(context, { task }, directory), { ...context, profile: profiles });
  const spans = [{ name: task, from, to: monotonicMicroseconds() }];
  const notes = [`${EVERMESH}: ${findEvermesh().described}; the profiler makes all of it slower`];
  return { figures: new Figures(), notes, appendix: profileText(profiles, spans) };
}
