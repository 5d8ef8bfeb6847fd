/**
 * The trace of a person who writes a text: as it is typed, and as it is saved now and then; and the file opened afterwards. All
 * beside bare Yjs, which keeps each update in memory and makes nothing durable.
 */
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import { type FolderId, openReplica, type Replica } from '@evermesh/core';
import * as Y from 'yjs';
import { median, timed } from '../measure.ts';
import { type Edit, editTrace } from './edit-trace.ts';
import type { Amounts, Task, TaskOptions } from './task-options.ts';

/** Edits that fall into one turn of the program, and into one save. */
const TURN = 100;
const FILE = 'paper.tex';
const OPENINGS = 5;
/** Where the bare document has its text. */
const TEXT = 't';

export const TRACE_TASKS: Readonly<Record<string, Task>> = {
  'trace evermesh': typeLive,
  'trace yjs': typeBare,
  'saves evermesh': saveFile,
  'saves yjs': saveBare,
};

/** The text after each turn. */
function* turnsOf(edits: readonly Edit[]): Generator<readonly Edit[]> {
  for (let at = 0; at < edits.length; at += TURN) yield edits.slice(at, at + TURN);
}

function type(text: Y.Text, [position, deleted, inserted]: Edit): void {
  if (deleted > 0) text.delete(position, deleted);
  if (inserted !== '') text.insert(position, inserted);
}

const turnOver = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

async function typeLive(options: TaskOptions): Promise<Amounts> {
  const path = join(options.directory, 'store');
  const edits = editTrace(options.trace, options.edits);
  const { folder, milliseconds, typed } = await withReplica(path, async (replica) => {
    const made = await replica.createFolder({ name: 'trace' });
    await made.writeFile(FILE, '');
    const { text } = await made.openDocument(FILE);
    const spent = await timed(async () => {
      for (const turn of turnsOf(edits)) {
        for (const edit of turn) type(text, edit);
        await turnOver();
      }
      await made.flush();
    });
    return { folder: made.id, milliseconds: spent, typed: text.toString() };
  });
  return { milliseconds, open: await openFile(path, folder, typed) };
}

function typeBare(options: TaskOptions): Promise<Amounts> {
  return editBare(options, (text, turn) => turn.forEach((edit) => type(text, edit)));
}

async function saveFile(options: TaskOptions): Promise<Amounts> {
  const path = join(options.directory, 'store');
  const states = [...savedTexts(editTrace(options.trace, options.edits))];
  const { folder, milliseconds } = await withReplica(path, async (replica) => {
    const made = await replica.createFolder({ name: 'trace' });
    const spent = await timed(async () => {
      for (const state of states) await made.writeFile(FILE, state);
      await made.flush();
    });
    return { folder: made.id, milliseconds: spent };
  });
  return { milliseconds, open: await openFile(path, folder, states.at(-1) ?? '') };
}

/** It is told what was typed: to find that out is the engine's work. */
function saveBare(options: TaskOptions): Promise<Amounts> {
  return editBare(options, (text, turn) =>
    text.doc?.transact(() => turn.forEach((edit) => type(text, edit))),
  );
}

async function editBare(
  options: TaskOptions,
  edited: (text: Y.Text, turn: readonly Edit[]) => void,
): Promise<Amounts> {
  const doc = new Y.Doc();
  const text = doc.getText(TEXT);
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  const edits = editTrace(options.trace, options.edits);
  const milliseconds = await timed(async () => {
    for (const turn of turnsOf(edits)) {
      edited(text, turn);
      await turnOver();
    }
  });
  return { milliseconds, open: await openBare(Y.encodeStateAsUpdate(doc)) };
}

function* savedTexts(edits: readonly Edit[]): Generator<string> {
  let text = '';
  for (const turn of turnsOf(edits)) {
    for (const [position, deleted, inserted] of turn)
      text = text.slice(0, position) + inserted + text.slice(position + deleted);
    yield text;
  }
}

/** Milliseconds from asking for the file's content to having it, in a folder that is open; the median of some openings. */
async function openFile(path: string, folder: FolderId, expected: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    await withReplica(path, async (replica) => {
      const opened = await replica.folder(folder);
      let content = '';
      times.push(await timed(async () => (content = await opened.readFile(FILE, 'utf8'))));
      if (content !== expected) throw new Error('The file does not hold what was written.');
    });
  }
  return median(times);
}

async function openBare(update: Uint8Array): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    times.push(
      await timed(() => {
        const doc = new Y.Doc();
        Y.applyUpdate(doc, update);
        return Promise.resolve(doc.getText(TEXT).toString());
      }),
    );
  }
  return median(times);
}

async function withReplica<T>(path: string, use: (replica: Replica) => Promise<T>): Promise<T> {
  const replica = await openReplica({ store: levelStore(path) });
  try {
    return await use(replica);
  } finally {
    await replica.close();
  }
}
