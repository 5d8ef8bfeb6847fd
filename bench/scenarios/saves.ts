/**
 * What a save of a very large text costs: the comparison alone, in its slices, and all of it; and for how long nobody else has a turn.
 */
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { levelStore } from '@evermesh/adapters/level';
import { memoryStore } from '@evermesh/adapters/memory';
import { openReplica } from '@evermesh/core';
import {
  contentDigest,
  firstUpdate,
  lineDiffInSlices,
  newDocument,
  saveContent,
  shownFile,
  type Sliced,
  textHunks,
  textHunksInSlices,
} from '@evermesh/core/model';
import { utf8 } from '@evermesh/core/base';
import * as Y from 'yjs';
import { EVERMESH, Figures } from '../figures.ts';
import { timed } from '../measure.ts';
import { SeededRandom } from '../random.ts';
import type { Scenario, ScenarioContext, ScenarioResult } from './scenario.ts';

const LINES = 200_000;
/** Processor milliseconds that a comparison may take at most. */
const REACH = 1000;
/** The same of what is done in one turn. */
const TURN = 50;

export const saves: Scenario = {
  name: 'saves',
  about: 'saves of very large texts, also of such as are made to measure',
  options: {},
  run,
};

const lines = (line: (at: number) => string, count = LINES): string =>
  Array.from({ length: count }, (_, at) => `${line(at)}\n`).join('');

function scattered(kinds: number, seed: number, end: string, count = LINES): string {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => `${random.below(kinds)}${end}`).join('');
}

const counted = lines(String);
const CASES: readonly [what: string, base: string, next: string][] = [
  ['one line of 200,000', counted, lines((at) => (at === LINES / 2 ? 'x' : `${at}`))],
  ['all of 200,000', counted, lines((at) => `x${at}`)],
  ['every second of 200,000', counted, lines((at) => (at % 2 === 0 ? `x${at}` : `${at}`))],
  ['200,000 turned round', counted, lines((at) => `${LINES - at}`)],
  ['200,000 of two kinds', scattered(2, 1, '\n'), scattered(2, 2, '\n')],
  ['200,000 of 50,000 kinds', scattered(50_000, 3, '\n'), scattered(50_000, 4, '\n')],
  ['one more of 100,000 equal', lines(() => 'a', 100_000), lines(() => 'a', 100_001)],
  ['every third of 200,000 equal', lines(() => 'a'), lines((at) => (at % 3 === 0 ? 'b' : 'a'))],
  ['one line of 3 MB', scattered(5000, 5, ' ', 600_000), scattered(5000, 6, ' ', 600_000)],
  ['one line without a blank', 'ab'.repeat(2_000_000), `${'ab'.repeat(1_000_000)}c${'ab'.repeat(999_999)}`],
  ['one line of 80 kB', scattered(50, 7, ' ', 30_000), scattered(50, 8, ' ', 30_000)],
];

/** A document of which a line here and there changed: what most saves of a large one are. */
const TEN = 'ten lines of 1 MB';
const TEN_LINES = 20_000;
const paper = (edition: number): string =>
  lines((at) => {
    const isChanged = edition > 0 && at % (TEN_LINES / 10) === 7;
    return `${String(at).padStart(6)} a line as there are many${isChanged ? `, and ${edition}` : ''} in a paper`;
  }, TEN_LINES);

async function run({ runs, say, directory }: ScenarioContext): Promise<ScenarioResult> {
  const figures = new Figures();
  say(TEN);
  await saveTenLines(figures, runs, join(directory, 'replica'));
  for (const [what, base, next] of CASES) {
    say(what);
    figures.reach(`${what}: compared`, { atMost: REACH });
    for (const turn of ['longest slice', 'written', 'longest slice of a diff'])
      figures.reach(`${what}: ${turn}`, { atMost: TURN });
    for (let round = 0; round < runs; round++) {
      figures.add(
        `${what}: compared`,
        EVERMESH,
        'ms',
        busy(() => textHunks(base, next, 'lines')),
      );
      const { slice, written, saved } = save(base, next);
      figures.add(`${what}: longest slice`, EVERMESH, 'ms', slice);
      figures.add(`${what}: written`, EVERMESH, 'ms', written);
      figures.add(`${what}: saved`, EVERMESH, 'ms', saved);
      const diff = sliced(lineDiffInSlices(base, next));
      figures.add(`${what}: longest slice of a diff`, EVERMESH, 'ms', diff.longest);
      figures.add(`${what}: longest without a turn`, EVERMESH, 'ms', await heldUp(base, next));
    }
  }
  const notes = [
    'Processor time of the process, what was collected meanwhile included.',
    'Longest without a turn: by a clock, so what others took of the machine is in it.',
  ];
  return { figures, notes };
}

/** Through the whole engine until it is durable, beside a bare document that is told which ten places changed. */
async function saveTenLines(figures: Figures, runs: number, directory: string): Promise<void> {
  await using replica = await openReplica({ store: levelStore(directory) });
  const folder = await replica.createFolder({ name: 'saves' });
  const doc = new Y.Doc();
  const text = doc.getText('text');
  text.insert(0, paper(0));
  await folder.writeFile('paper.txt', paper(0));
  await folder.flush();
  for (let round = 1; round <= runs; round++) {
    const next = paper(round);
    const took = await timed(async () => {
      await folder.writeFile('paper.txt', next);
      await folder.flush();
    });
    figures.add(`${TEN}: saved, until durable`, EVERMESH, 'ms', took);
    const hunks = textHunks(text.toJSON(), next, 'lines');
    const told = busy(() =>
      doc.transact(() => {
        for (const { offset, remove, insert } of hunks.toReversed()) {
          text.delete(offset, remove);
          text.insert(offset, insert);
        }
      }),
    );
    figures.add(`${TEN}: saved, until durable`, 'yjs, told what changed', 'ms', told);
  }
}

function save(base: string, next: string): { slice: number; written: number; saved: number } {
  const doc = newDocument('file', 2, true);
  const digest = contentDigest(utf8(base));
  Y.applyUpdate(doc, firstUpdate(1, { kind: 'text', text: base }, digest, '0000000000'));
  const shown = shownFile(doc);
  const { longest, all, result: hunks } = sliced(textHunksInSlices(base, next, 'lines'));
  const compared = { base, next, unit: 'lines', hunks } as const;
  const options = { tag: '2222222222', unit: 'lines', compared } as const;
  const written = busy(() => saveContent(doc, shown, { kind: 'text', text: next }, options));
  return { slice: longest, written, saved: all + written };
}

/** What the longest slice took, and all of them. */
function sliced<Result>(computation: Sliced<Result>): { longest: number; all: number; result: Result } {
  let [longest, all] = [0, 0];
  for (;;) {
    let step: ReturnType<typeof computation.next> | undefined;
    const took = busy(() => (step = computation.next()));
    longest = Math.max(longest, took);
    all += took;
    if (step?.done === true) return { longest, all, result: step.value };
  }
}

/** Of a folder, between two turns of the event loop. */
async function heldUp(base: string, next: string): Promise<number> {
  await using replica = await openReplica({ store: memoryStore() });
  const folder = await replica.createFolder({ name: 'saves' });
  await folder.writeFile('large.ts', base);
  await replica.flush();
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  await folder.writeFile('large.ts', next);
  await replica.flush();
  delay.disable();
  return delay.max / 1e6;
}

function busy(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
