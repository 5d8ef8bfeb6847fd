/** Very many small saves of many files, by several at a time: what stays in memory and on disk of them. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { queryObjects } from 'node:v8';
import { levelStore } from '@evermesh/adapters/level';
import { type Folder, openReplica } from '@evermesh/core';
import * as Y from 'yjs';
import { SeededRandom } from '../random.ts';
import { type Amounts, liveBytes, type Task, type TaskOptions } from './task-options.ts';

export const SOAK_TASKS: Readonly<Record<string, Task>> = { soak };

/** Saves of one file after the other, as somebody makes them who works on it. */
const IN_A_ROW = 10;
const AT_A_TIME = 50;
const WORDS = 150;
const VOCABULARY = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota', 'kappa'];

async function soak(options: TaskOptions): Promise<Amounts> {
  const path = join(options.directory, 'store');
  const replica = await openReplica({ store: levelStore(path) });
  const folder = await replica.createFolder({ name: 'soak' });
  const random = new SeededRandom(1);
  const texts = Array.from({ length: options.documents }, () =>
    Array.from({ length: WORDS }, () => random.pick(VOCABULARY)),
  );
  await inTurns(texts.length, (i) => save(folder, i, texts[i]!));
  await replica.flush();
  const early = look();
  const rounds = Math.ceil(options.updates / IN_A_ROW);
  // A tenth is for what grows in the beginning: compiled code, what is kept of files at hand.
  await edit(folder, texts, random, Math.ceil(rounds / 10));
  await replica.flush();
  const middle = look();
  await edit(folder, texts, random, rounds - Math.ceil(rounds / 10));
  await replica.flush();
  const late = look();
  const wrong = await inTurns(texts.length, async (i) => {
    if ((await folder.readFile(nameOf(i), 'utf8')) !== texts[i]!.join(' '))
      throw new Error(`File ${i} is wrong.`);
  });
  await replica.close();
  const content = texts.reduce((sum, words) => sum + words.join(' ').length, 0);
  return {
    documentsOpen: late.documents,
    documentsOpenEarly: early.documents,
    bytesHeld: late.arrays,
    bytesHeldBefore: middle.arrays,
    bytesGrown: (late.bytes - middle.bytes) / options.updates,
    diskShare: (await bytesBelow(path)) / content,
    ...(await rowsBeside(path, content, options.updates)),
    checked: wrong,
  };
}

const nameOf = (number: number): string => `file ${number}.txt`;

const save = (folder: Folder, number: number, words: readonly string[]): Promise<void> =>
  folder.writeFile(nameOf(number), words.join(' '));

async function edit(folder: Folder, texts: string[][], random: SeededRandom, rounds: number): Promise<void> {
  const places = Array.from({ length: texts.length }, (_, i) => i);
  await inTurns(rounds, async (round) => {
    // Nobody else is at this file meanwhile: as many are as many places apart.
    const number = places[(round * 7919) % places.length]!;
    for (let i = 0; i < IN_A_ROW; i++) {
      const words = texts[number]!;
      words[random.below(words.length)] = random.pick(VOCABULARY);
      await save(folder, number, words);
    }
  });
}

/** Does so many things, some at a time, and begins the next when one has ended. */
async function inTurns(count: number, work: (number: number) => Promise<void>): Promise<number> {
  let next = 0;
  const go = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, go));
  return next;
}

interface Look {
  readonly bytes: number;
  /** In memory: those of files at hand, and of the tree. */
  readonly documents: number;
  /** Each record that something holds has two at least: its body, and the digest of that. */
  readonly arrays: number;
}

function look(): Look {
  return {
    bytes: liveBytes(),
    documents: queryObjects(Y.Doc, { format: 'count' }),
    arrays: queryObjects(Uint8Array, { format: 'count' }),
  };
}

/** What of the rows are the states of files, beside their content, and what is their history, a save. */
async function rowsBeside(path: string, content: number, saves: number): Promise<Amounts> {
  const store = levelStore(path);
  await store.open();
  let [now, before, others] = [0, 0, 0];
  for await (const [key, row] of store.iterator({ gte: 'f/', lt: 'f0' })) {
    const bytes = key.length + row.byteLength;
    const [, , kind] = key.split('/');
    if (kind === 'n') now += bytes;
    else if (kind === 'r') before += bytes;
    else others += bytes;
  }
  await store.close();
  return { stateShare: now / content, historyEach: before / saves, othersEach: others / saves };
}

async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size;
  return bytes;
}
