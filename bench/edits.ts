/** One small edit after the other: from the save on one side to the new bytes in the same file on the other. */
import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import type { LivePair, OneShot } from './engines/pair.ts';
import { timed } from './measure.ts';
import type { SeededRandom } from './random.ts';
import { Sight } from './sight.ts';

/** The time between two edits differs, so that no engine's interval happens to fit them. */
const PAUSE_MS = { least: 100, spread: 200 };
/** Acknowledgements and what else follows an edit is counted to it. */
const QUIET_MS = 1000;
const WORDS = ['a', 'small', 'edit', 'that', 'somebody', 'made', 'and', 'saved'];

export interface EditPlan {
  readonly edits: number;
  /** Files to choose from, relative to the roots. */
  readonly texts: readonly string[];
  readonly random: SeededRandom;
  /** A directory on the same file system, outside of both roots. */
  readonly beside: string;
  /** Called after each edit, to measure something else under the same conditions. */
  readonly afterEach?: (() => Promise<void>) | undefined;
}

export interface Edits {
  readonly milliseconds: readonly number[];
  /** All bytes both ways during the edits and until silence, divided by their number. */
  readonly bytesEach: number;
}

export async function measureEdits(pair: LivePair, plan: EditPlan): Promise<Edits> {
  const milliseconds: number[] = [];
  await pair.wire.quiet(QUIET_MS);
  const before = pair.wire.count.bytes;
  for (let edit = 0; edit < plan.edits; edit++) {
    const { path, content } = await nextEdit(pair.left, plan);
    const target = join(pair.right, path);
    using sight = new Sight(dirname(target), () => readFileSync(target).equals(content));
    const start = performance.now();
    await save(pair.left, path, content, plan.beside);
    milliseconds.push((await pair.whileAlive(sight.seen)) - start);
    await plan.afterEach?.();
    await passed(PAUSE_MS.least + plan.random.below(PAUSE_MS.spread));
  }
  await pair.wire.quiet(QUIET_MS);
  return { milliseconds, bytesEach: (pair.wire.count.bytes - before) / plan.edits };
}

/** For a command that has to be run: the time of the run, without the time until somebody runs it. */
export async function measureEditsByRunning(tool: OneShot, plan: EditPlan): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let edit = 0; edit < plan.edits; edit++) {
    const { path, content } = await nextEdit(tool.left, plan);
    await save(tool.left, path, content, plan.beside);
    milliseconds.push(await timed(() => tool.run()));
    if (!(await readFile(join(tool.right, path))).equals(content)) {
      throw new Error(`${tool.engine} did not bring ${path} over.`);
    }
  }
  return milliseconds;
}

/** One word more, before any word of any of the texts. */
async function nextEdit(
  root: string,
  { random, texts }: EditPlan,
): Promise<{ path: string; content: Buffer }> {
  const path = random.pick(texts);
  const words = (await readFile(join(root, path), 'utf8')).split(' ');
  words.splice(random.below(words.length), 0, random.pick(WORDS));
  return { path, content: Buffer.from(words.join(' ')) };
}

/** As careful editors do it: written beside and renamed into place, so no engine meets half a file. */
async function save(root: string, path: string, content: Buffer, beside: string): Promise<void> {
  const temporary = join(beside, 'edit');
  await writeFile(temporary, content);
  await rename(temporary, join(root, path));
}
