import { type DocumentId, EvermeshError, type Folder, Listeners } from '@evermesh/core';
import { expect, test } from 'vitest';
import type { CliEvent } from './events.ts';
import { tellWithheld, withheldFiles } from './withheld-files.ts';

const A = '0AAAAAAAAAAAAAAAA';
const why = new EvermeshError('QUOTA_EXCEEDED', 'The relay is full.');
const folder = {
  nodes: { node: (id: string) => (id === A ? { id } : undefined), pathOf: () => 'notes/a.txt' },
} as unknown as Pick<Folder, 'nodes'>;
const held = (...documents: string[]): { withheld: { documents: DocumentId[]; why: EvermeshError } } => ({
  withheld: { documents: documents as DocumentId[], why },
});

test('what the relay has no room for is named by its path; what is no file, by its own name', () => {
  expect(withheldFiles(held('tree0', A), folder)).toMatchObject([
    { path: 'notes/a.txt', code: 'QUOTA_EXCEEDED', message: 'The relay is full.' },
    { path: 'tree0', code: 'QUOTA_EXCEEDED' },
  ]);
  expect(withheldFiles({ withheld: { documents: [], why: undefined } }, folder)).toEqual([]);
});

test('of very many, some are named and all are counted', () => {
  const many = withheldFiles(held(...Array.from({ length: 100 }, (_, i) => `app.${i}`)), folder);
  expect([many.length, many.at(-1)?.path]).toEqual([21, '... and 80 further files']);
});

test('each is told once when it begins to wait, and again if it waits again', () => {
  const link = { ...held(), changed: new Listeners<void>() };
  const told: CliEvent[] = [];
  const stop = tellWithheld(link, folder, (event) => told.push(event));
  for (const documents of [[A], [A], [], [A]]) {
    link.withheld = held(...documents).withheld;
    link.changed.emit();
  }
  stop();
  expect(told.map((event) => event.event)).toEqual(['problem', 'problem']);
});
