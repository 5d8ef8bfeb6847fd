/** What compaction costs and gives back, beside what Yjs does with the same updates in memory. */
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as passed } from 'node:timers/promises';
import * as Y from 'yjs';
import { CompactedLog, updatesOf } from '../compacted-log.ts';
import { EVERMESH, Figures } from '../figures.ts';
import { deflatedUpdates, keptBytes, leastBytes, savedUpdates } from '../history-bytes.ts';
import { compactByHand, openRows } from '../log/compact-by-hand.ts';
import { editTrace } from '../log/edit-trace.ts';
import { timed } from '../measure.ts';
import type { Scenario, ScenarioContext, ScenarioResult } from './scenario.ts';

const YJS = 'yjs';
const BY_HAND = 'yjs, and the rows by hand';
/** Of this process for as long, while nothing is done: what other processes take from it. */
const IDLE = 'idle';
/** Updates of which each is a keystroke. */
const TYPED = 10_000;
const MANY = 50_000;
/** Keystrokes of one save. */
const SAVED = 1000;
/** Milliseconds between two looks at the event loop; what it takes longer than that is a stall. */
const LOOK_MS = 5;
const STALL = `stall while ${MANY} are compacted, p99`;
const LONGEST = `stall while ${MANY} are compacted, longest`;
const STATE = 'state of the whole text';
const HISTORY = 'state and history';
const LOAD = `load after ${TYPED} updates`;
const COMPACT = `compact ${TYPED} updates, CPU of all threads`;
/** Loads of which the fastest counts: a load takes less time than a busy machine takes away at once. */
const LOADS = 30;

export const compaction: Scenario = {
  name: 'compaction',
  about: 'a document of many small updates is compacted, and opened',
  options: {
    trace: { default: '', about: 'recorded edits, gzipped JSON; made up from a seed without it' },
  },
  async run(context) {
    const figures = new Figures();
    figures.reach(LOAD, { atMost: 1.5, timesOf: YJS });
    figures.reach(COMPACT, { atMost: 1.5, timesOf: YJS });
    figures.reach(STALL, { atMost: 20 });
    for (const how of ['typed', 'saved']) {
      figures.reach(`${how}: ${STATE}`, { atMost: 70 });
      figures.reach(`${how}: ${HISTORY}`, { atMost: 95 });
    }
    for (let run = 0; run < context.runs; run++) {
      context.say(`run ${run + 1} of ${context.runs}`);
      await loadAndCompact(context, figures, run);
      await stallAndDisk(context, figures, run);
      await bytes(context, figures, run);
    }
    return { figures, notes: NOTES } satisfies ScenarioResult;
  },
};

const NOTES = [
  'Yjs loads one merged value from memory; and applies all updates to a new document in one transaction, and encodes that.',
  'Evermesh reads its store, and compacts durably, in a thread that has started before.',
  'By hand, in this thread: rows are read, compared with their digests, given to Yjs, packed, and replaced by that, synced.',
  'Idle is this process doing nothing for as long: what a busy machine alone makes of the event loop.',
  'State and history are the rows of a document, with a record for each 1,000 edits: typed, so that each edit is in it that outlives them;',
  'or saved, as a whole file is, compared by words. All forms of history are deflated; the least one builds on the state, and is not built.',
];

const open = ({ directory }: ScenarioContext, name: string, run: number): Promise<CompactedLog> =>
  CompactedLog.open(join(directory, `${name}-${run}`));

async function loadAndCompact(context: ScenarioContext, figures: Figures, run: number): Promise<void> {
  const updates = updatesOf(editTrace(context.options.text('trace'), TYPED), 1);
  const log = await open(context, 'load', run);
  await log.write(updates);
  await log.warm();
  figures.add(COMPACT, EVERMESH, 'ms', await busy(() => log.compact()));
  let merged = new Uint8Array(0);
  const throwAway = async (): Promise<void> => {
    const doc = new Y.Doc();
    doc.transact(() => updates.forEach((update) => Y.applyUpdate(doc, update)));
    merged = new Uint8Array(Y.encodeStateAsUpdateV2(doc));
  };
  await throwAway();
  figures.add(COMPACT, YJS, 'ms', await busy(throwAway));
  figures.add(COMPACT, BY_HAND, 'ms', await compactRows(context, updates, run));
  figures.add(LOAD, EVERMESH, 'ms', await least(() => log.load()));
  figures.add(LOAD, YJS, 'ms', await least(async () => Y.applyUpdateV2(new Y.Doc(), merged)));
  await log.close();
}

/** Measured the second time, as the others. */
async function compactRows(
  { directory }: ScenarioContext,
  updates: readonly Uint8Array[],
  run: number,
): Promise<number> {
  const measured: number[] = [];
  for (const name of ['warm', 'rows']) {
    const database = await openRows(join(directory, `${name}-${run}`), updates);
    measured.push(await busy(() => compactByHand(database)));
    await database.close();
  }
  return measured.at(-1)!;
}

async function stallAndDisk(context: ScenarioContext, figures: Figures, run: number): Promise<void> {
  const updates = updatesOf(editTrace(context.options.text('trace'), MANY), 1);
  const log = await open(context, 'stall', run);
  await log.write(updates);
  figures.add('database before', EVERMESH, 'kB', (await log.diskBytes()) / 1000);
  await log.warm();
  const stop = stalls();
  const took = await timed(() => log.compact());
  const { p99, longest } = stop();
  figures.add(`compact ${MANY} updates`, EVERMESH, 'ms', took);
  const stopIdle = stalls();
  await passed(took);
  const idle = stopIdle();
  figures.add(STALL, EVERMESH, 'ms', p99);
  figures.add(STALL, IDLE, 'ms', idle.p99);
  figures.add(LONGEST, EVERMESH, 'ms', longest);
  figures.add(LONGEST, IDLE, 'ms', idle.longest);
  await log.close();
  const again = await open(context, 'stall', run);
  figures.add('database after, opened again', EVERMESH, 'kB', (await again.diskBytes()) / 1000);
  await again.close();
}

/** Milliseconds in which all threads of this process were at work. */
async function busy(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function least(work: () => Promise<unknown>): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < LOADS; i++) fastest = Math.min(fastest, await timed(work));
  return fastest;
}

const stall = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - LOOK_MS);

/** How long the event loop was held up from now on until the returned function is called, in milliseconds. */
function stalls(): () => { p99: number; longest: number } {
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
  delay.enable();
  return () => {
    delay.disable();
    return { p99: stall(delay.percentile(99)), longest: stall(delay.max) };
  };
}

async function bytes(context: ScenarioContext, figures: Figures, run: number): Promise<void> {
  const edits = editTrace(context.options.text('trace'), 0);
  for (const [how, updates] of [
    ['typed', updatesOf(edits, SAVED)],
    ['saved', savedUpdates(edits, SAVED)],
  ] as const) {
    const log = await open(context, how, run);
    await log.write(updates);
    await log.compact();
    const { state, all } = await log.rowBytes();
    await log.close();
    const add = (what: string, measured: number): void =>
      figures.add(`${how}: ${what}`, EVERMESH, 'kB', measured / 1000);
    add(STATE, state);
    add(HISTORY, all);
    const { v1, v2 } = deflatedUpdates(updates);
    add('bodies of its records alone', v1);
    add('the same in encoding V2', v2);
    add('history kept without the records', keptBytes(updates));
    add('least of what builds on the state', leastBytes(updates));
  }
}
