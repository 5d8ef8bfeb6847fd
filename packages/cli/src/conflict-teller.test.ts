import type { Folder } from '@evermesh/core';
import { expect, test } from 'vitest';
import type { Conflicts } from './conflict-report.ts';
import { ConflictTeller } from './conflict-teller.ts';
import type { ConflictReport } from './reports.ts';

interface Told {
  readonly teller: ConflictTeller;
  readonly told: string[];
  readonly reports: ConflictReport[];
  readonly asked: () => number;
}

function open(): Told {
  const [told, reports] = [[] as string[], [] as ConflictReport[]];
  let asked = 0;
  const conflicts = {
    reports: () => {
      asked += 1;
      return Promise.resolve([...reports]);
    },
  } as unknown as Conflicts;
  const folder = { nodes: { nameConflicts: () => [] } } as unknown as Folder;
  const teller = new ConflictTeller(folder, conflicts, ({ path }) => told.push(path));
  return { teller, told, reports, asked: () => asked };
}

const kept = (path: string): ConflictReport => ({
  path,
  kind: 'name',
  detail: '',
  next: '',
  versions: [{ file: 'a/new.txt' }],
});

test('what another device kept beside a taken name is told when it arrives, once', async () => {
  const { teller, told, reports } = open();
  await teller.look();
  reports.push(kept('a/new (~0123abcd).txt'));
  teller.arrived('a/new (~0123abcd).txt');
  await teller.look();
  expect(told).toEqual(['a/new (~0123abcd).txt']);
  teller.arrived('a/new (~0123abcd).txt');
  await teller.look();
  expect(told).toHaveLength(1);
});

test('a conflict that is over and comes again is told again', async () => {
  const { teller, told, reports } = open();
  reports.push(kept('new (~0123abcd).txt'));
  await teller.look();
  reports.pop();
  teller.suspect();
  await teller.look();
  reports.push(kept('new (~0123abcd).txt'));
  teller.suspect();
  await teller.look();
  expect(told).toHaveLength(2);
});

test('files of other names make nobody look for conflicts', async () => {
  const { teller, asked } = open();
  await teller.look();
  teller.arrived('a/new.txt');
  await teller.look();
  expect(asked()).toBe(1);
});
