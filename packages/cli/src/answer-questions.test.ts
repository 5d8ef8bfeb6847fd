/** What somebody who asks about a folder wrongly is told: what to write instead, and nothing is changed. */
import { memoryStore } from '@evermesh/adapters/memory';
import { openReplica } from '@evermesh/core';
import { expect, onTestFinished, test } from 'vitest';
import { answering } from './answer-questions.ts';
import { explain } from './next-steps.ts';
import type { Ask, Question } from './questions.ts';

async function opened(): Promise<Ask> {
  const replica = await openReplica({ store: memoryStore() });
  onTestFinished(() => replica.close());
  const folder = await replica.createFolder({ name: 'notes' });
  await folder.writeFile('d/a.md', 'a');
  await folder.writeFile('gone.md', 'g');
  await folder.rm('gone.md');
  return answering({ folder, replica, conflicts: { reports: () => Promise.resolve([]) }, running: false });
}

test.each<[Question, string, string]>([
  [{ type: 'versions', path: 'none', all: false }, 'PATH_NOT_FOUND', 'evermesh ls'],
  [{ type: 'versions', path: 'd', all: false }, 'PATH_IS_DIRECTORY', 'Name a file'],
  [{ type: 'restore', path: 'd/a.md' }, 'PATH_NOT_FOUND', '--at ID'],
  [{ type: 'restore', path: 'gone.md', to: 'd' }, 'PATH_EXISTS', '--to PATH'],
  [{ type: 'restore', path: 'gone.md', removed: '-' }, 'VERSION_NOT_FOUND', 'evermesh trash'],
  [{ type: 'restore', path: 'd/a.md', version: '-' }, 'VERSION_NOT_FOUND', 'evermesh versions'],
  [{ type: 'restore', path: 'd/a.md', version: '' }, 'CONFIG_INVALID', 'beginning'],
  [{ type: 'restore', path: 'gone.md', removed: '' }, 'CONFIG_INVALID', 'beginning'],
  [{ type: 'diff', path: 'none' }, 'PATH_NOT_FOUND', 'evermesh trash'],
  [{ type: 'diff', path: 'd' }, 'PATH_IS_DIRECTORY', 'Name a file'],
  [{ type: 'diff', path: 'd/a.md', from: '-' }, 'VERSION_NOT_FOUND', 'evermesh versions'],
  [{ type: 'diff', path: 'd/a.md', to: '' }, 'CONFIG_INVALID', 'beginning'],
  [{ type: 'resolve', path: 'none' }, 'PATH_NOT_FOUND', 'evermesh conflicts'],
  [{ type: 'resolve', path: 'd', keep: 'shown' }, 'PATH_IS_DIRECTORY', 'evermesh conflicts'],
  [{ type: 'resolve', path: 'd/a.md' }, 'CONFLICT_NOT_FOUND', 'rename or delete'],
  [{ type: 'resolve', path: 'd/a.md', keep: 'text' }, 'CONFLICT_NOT_FOUND', 'evermesh conflicts'],
  [{ type: 'log', path: 'none', limit: 9 }, 'PATH_NOT_FOUND', 'evermesh ls'],
  [{ type: 'list', path: 'none' }, 'PATH_NOT_FOUND', 'evermesh ls'],
  [{ type: 'list', path: 'd/a.md' }, 'PATH_NOT_DIRECTORY', 'Name a directory'],
])('%j is answered by what to write instead', async (question, code, next) => {
  const ask = await opened();
  const before = await ask({ type: 'trash' });
  const told = await ask(question).then(() => undefined, explain);
  expect(told).toMatchObject({ code });
  expect(told?.next).toContain(next);
  expect(await ask({ type: 'trash' })).toEqual(before);
});
