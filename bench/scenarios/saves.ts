/** What a save of a very large text costs: the comparison alone, and all of it. Each is one turn of the event loop. */
import {
  contentDigest,
  firstUpdate,
  newDocument,
  saveContent,
  shownFile,
  textHunks,
} from '@evermesh/core/model';
import { utf8 } from '@evermesh/core/base';
import * as Y from 'yjs';
import { EVERMESH, Figures } from '../figures.ts';
import { SeededRandom } from '../random.ts';
import type { Scenario, ScenarioContext, ScenarioResult } from './scenario.ts';

const LINES = 200_000;
/** Processor milliseconds that a comparison may take at most. */
const REACH = 1000;

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

async function run({ runs, say }: ScenarioContext): Promise<ScenarioResult> {
  const figures = new Figures();
  for (const [what, base, next] of CASES) {
    say(what);
    figures.reach(`${what}: compared`, { atMost: REACH });
    for (let round = 0; round < runs; round++) {
      figures.add(
        `${what}: compared`,
        EVERMESH,
        'ms',
        busy(() => textHunks(base, next, 'lines')),
      );
      figures.add(`${what}: saved`, EVERMESH, 'ms', save(base, next));
    }
  }
  return { figures, notes: ['Processor time of the process, what was collected meanwhile included.'] };
}

function save(base: string, next: string): number {
  const doc = newDocument('file', 2, true);
  const digest = contentDigest(utf8(base));
  Y.applyUpdate(doc, firstUpdate(1, { kind: 'text', text: base }, digest, '0000000000'));
  const shown = shownFile(doc);
  const options = { tag: '2222222222', unit: 'lines' } as const;
  return busy(() => saveContent(doc, shown, { kind: 'text', text: next }, options));
}

function busy(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
