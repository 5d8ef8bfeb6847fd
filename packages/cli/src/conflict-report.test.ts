import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobStore, Conflict, Folder, NodeId, ShownNode } from '@evermesh/core';
import { portableKey } from '@evermesh/core/model';
import { memoryBlobs } from '@evermesh/adapters/memory';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Conflicts } from './conflict-report.ts';

let data: string;
let blobs: BlobStore;
let found: Conflict[];
let children: ShownNode[];

const id = (name: string): NodeId => name as NodeId;
const node = (name: string): ShownNode => ({ id: id(name), parent: id('root'), name }) as ShownNode;

/** The parts of a folder that are asked for conflicts. */
const conflicts = (): Conflicts => {
  const nodes = {
    node: (of: NodeId) => children.find((child) => child.id === of),
    children: () => children,
    all: () => children,
    pathOf: (of: NodeId) => `a/${of}`,
    nameKey: portableKey,
    nameConflicts: () => children.filter((child) => found.some((conflict) => conflict.id === child.id)),
  };
  const folder = { blobs, nodes, conflicts: () => Promise.resolve(found) } as unknown as Folder;
  return new Conflicts(folder, { directory: '/home/me/my notes', data });
};
const contentConflict = (path: string, others: Conflict['others']): Conflict => ({
  path,
  id: id('pic'),
  kind: 'content',
  ...(others && { others }),
});
async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'evermesh-conflicts-'));
  blobs = memoryBlobs();
  found = [];
  children = [node('new.txt'), node('new (~1).txt'), node('other')];
});
afterEach(() => rm(data, { recursive: true }));

test('two entries of one name are both named', async () => {
  found = [{ path: 'a/new (~1).txt', id: id('new (~1).txt'), kind: 'name', ownName: 'New.txt' }];
  const [report] = await conflicts().reports();
  expect(report).toMatchObject({ path: 'a/new (~1).txt', kind: 'name', versions: [{ file: 'a/new.txt' }] });
  expect(report?.detail).toContain('a/new.txt');
});

test('two names that only Windows takes for one are both named', async () => {
  children = [node('what_.txt'), node('what? (~1).txt')];
  found = [{ path: 'a/what? (~1).txt', id: id('what? (~1).txt'), kind: 'name', ownName: 'what?.txt' }];
  const [report] = await conflicts().reports();
  expect(report?.versions).toEqual([{ file: 'a/what_.txt' }]);
});

test('what was kept beside a taken name is named with what took it, once, until one of the two is gone', async () => {
  children = [node('new.txt'), node('new (~0123abcd).txt'), node('alone (~0123abcd).txt')];
  const [report, ...others] = await conflicts().reports();
  expect(others).toEqual([]);
  expect(report).toMatchObject({ path: 'a/new (~0123abcd).txt', versions: [{ file: 'a/new.txt' }] });
  found = [
    { path: 'a/new (~0123abcd).txt', id: id('new (~0123abcd).txt'), kind: 'name', ownName: 'new.txt' },
  ];
  expect(await conflicts().reports()).toHaveLength(1);
  [found, children] = [[], children.slice(1)];
  expect(await conflicts().reports()).toEqual([]);
});

test('the other version of a file can be opened, and the command that takes it is given', async () => {
  const { name, size } = await blobs.write(bytes('the other picture'));
  found = [contentConflict('a/pic one.png', [{ id: '1', content: { kind: 'blob', name, size } }])];
  const [report] = await conflicts().reports();
  const file = report?.versions[0]?.file ?? '';
  expect(file).toMatch(/pic one-[\w-]{16}\.png$/);
  expect(await readFile(file, 'utf8')).toBe('the other picture');
  expect(report?.next).toContain(`evermesh resolve '/home/me/my notes/a/pic one.png' --keep 1.`);
});

test('a text that was in the way of a picture can be opened, too', async () => {
  found = [contentConflict('pic.png', [{ id: 'text', content: { kind: 'text', text: 'Zoë' } }])];
  const [report] = await conflicts().reports();
  expect(await readFile(report?.versions[0]?.file ?? '', 'utf8')).toBe('Zoë');
  expect(report?.versions[0]?.size).toBe(4);
});

test('a version that has not arrived is waited for', async () => {
  const { name } = await memoryBlobs().write(bytes('elsewhere'));
  found = [contentConflict('pic.png', [{ id: '1', content: { kind: 'blob', name, size: 9 } }])];
  const [report] = await conflicts().reports();
  expect(report?.versions).toEqual([{ id: '1', file: undefined, size: 9 }]);
  expect(report?.next).toContain('Wait');
});

test('copies go when the conflict does, and questions at the same time share them', async () => {
  found = [contentConflict('pic.png', [{ id: 'text', content: { kind: 'text', text: 'a' } }])];
  const asked = conflicts();
  await Promise.all([asked.reports(), asked.reports()]);
  expect(await readdir(join(data, 'conflicts'))).toHaveLength(1);
  found = [];
  await asked.reports();
  expect(await readdir(join(data, 'conflicts'))).toEqual([]);
});
