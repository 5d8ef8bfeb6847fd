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

test('what the relay has no room for is named by its path; what is no file, as verify names it', () => {
  expect(withheldFiles(held('tree0', A), folder)).toMatchObject([
    { path: 'notes/a.txt', code: 'QUOTA_EXCEEDED', message: 'The relay is full.' },
    { path: 'the tree', code: 'QUOTA_EXCEEDED' },
  ]);
  expect(withheldFiles({ withheld: { documents: [], why: undefined } }, folder)).toEqual([]);
});

test('of very many, some are named and all are counted', () => {
  const many = withheldFiles(held(...Array.from({ length: 100 }, (_, i) => `app.${i}`)), folder);
  expect([many.length, many.at(-1)?.path]).toEqual([21, '... and 80 further files']);
});

function telling(): { tell: (isSynced: boolean, ...documents: string[]) => void; told: () => string[] } {
  const link = { ...held(), changed: new Listeners<void>(), isSynced: false };
  const told: CliEvent[] = [];
  tellWithheld(link, folder, (event) => told.push(event));
  return {
    tell(isSynced, ...documents) {
      Object.assign(link, { isSynced, ...held(...documents) });
      link.changed.emit();
    },
    told: () => told.splice(0).map((event) => (event.event === 'problem' ? event.path : event.event)),
  };
}

test('each is told once when it begins to wait, and not again when room was looked for', () => {
  const { tell, told } = telling();
  for (const documents of [[A], [A], [], [A, 'app.1'], []]) tell(false, ...documents);
  expect(told()).toEqual(['notes/a.txt', 'document app.1']);
  tell(true);
  tell(false, A);
  expect(told()).toEqual(['notes/a.txt']);
});

test('of very many that begin to wait one by one, some are told, and once that there are more', () => {
  const { tell, told } = telling();
  const many = Array.from({ length: 100 }, (_, i) => `app.${i}`);
  for (let count = 1; count <= many.length; count++) tell(false, ...many.slice(0, count));
  const told20 = many.slice(0, 20).map((document) => `document ${document}`);
  expect(told()).toEqual([...told20, '... and further files']);
});
