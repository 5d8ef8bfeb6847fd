/** What changes tell, so that somebody who does one after the other on a file system never meets a state he cannot see. */
import { nameKeyOf } from '@evermesh/testkit/tree';
import { beforeEach, expect, test } from 'vitest';
import type { FolderId, NodeId } from '../base/index.ts';
import { ROOT } from '../model/index.ts';
import { type LogRecord, NO_HEADS } from '../protocol/index.ts';
import { exchange, openFolder, type TestFolder } from '../testing/open-folder.ts';
import { describeStep, type FolderChange } from './folder-changes.ts';
import { NaiveDisk } from './testing/naive-disk.ts';

const ID = '00112233445566778899aabbccddeeff' as FolderId;

let a: TestFolder;
let b: TestFolder;
let told: FolderChange[];

beforeEach(async () => {
  a = await openFolder({ seed: 1, id: ID, name: 'w' });
  b = await openFolder({ seed: 2, id: ID });
  await exchange(a, b);
  told = [];
  const disk = new NaiveDisk(() => nameKeyOf(new Map()));
  b.state.steps.add((step) => {
    for (const change of describeStep(step, b.state.tree)) {
      disk.apply(change);
      told.push(change);
    }
    const { nodes } = b.folder;
    const shown = new Map([...nodes.all()].map(({ id }) => [nodes.pathOf(id), id]));
    expect(disk.holds(shown)).toBe(true);
  });
});

/** What `b` is told when all that `a` did meanwhile comes at once. */
async function tellsB(): Promise<string[]> {
  told.length = 0;
  await a.folder.flush();
  const records: LogRecord[] = [];
  for (const { document } of a.state.log.documents())
    for await (const { record } of a.state.log.read.document(document, NO_HEADS)) records.push(record);
  await b.state.log.append(records).durable;
  return told.map(({ type, path, from, aside }) =>
    [type, ...(from === undefined ? [] : [from, 'to']), path, ...(aside === true ? ['for now'] : [])]
      .join(' ')
      .replace(/\.evermesh-aside-[\w-]{17}/g, 'ASIDE'),
  );
}

const idAt = async (path: string): Promise<NodeId> => (await a.folder.stat(path)).id;
const place = async (path: string, parent: string, name: string): Promise<void> => {
  const parentId = parent === '' ? ROOT : await idAt(parent);
  await a.folder.nodes.apply([{ type: 'place', id: await idAt(path), parent: parentId, name }]);
};

test('two files that exchange names take three steps: one is put aside', async () => {
  await a.folder.writeFile('x', 'x\n');
  await a.folder.writeFile('y', 'y\n');
  await tellsB();
  await place('x', '', 't');
  await place('y', '', 'x');
  await place('t', '', 'y');
  const changes = await tellsB();
  expect(changes).toHaveLength(3);
  expect(changes[0]).toMatch(/^renamed [xy] to ASIDE for now$/);
  expect(changes[2]).toMatch(/^renamed ASIDE to [xy]$/);
});

test('three names in a circle take four steps', async () => {
  for (const name of ['x', 'y', 'z']) await a.folder.mkdir(name);
  await tellsB();
  await place('x', '', 't');
  await place('z', '', 'x');
  await place('y', '', 'z');
  await place('t', '', 'y');
  expect(await tellsB()).toHaveLength(4);
});

test('a directory and the one inside it change places', async () => {
  await a.folder.writeFile('out/in/f', 'f\n');
  await tellsB();
  await place('out/in', '', 't');
  await place('out', 't', 'in');
  await place('t', '', 'out');
  expect(await tellsB()).toEqual([
    'renamed out to ASIDE for now',
    'moved ASIDE/in to out',
    'moved ASIDE to out/in',
  ]);
});

test('what leaves a directory that is removed has left before that goes, children before what they are in', async () => {
  await a.folder.writeFile('P/Q/f', 'f\n');
  await a.folder.writeFile('P/Q/g', 'g\n');
  await tellsB();
  await a.folder.rename('P/Q/f', 'f');
  await a.folder.rm('P', { recursive: true });
  expect(await tellsB()).toEqual(['removed P/Q/g', 'moved P/Q/f to f', 'removed P/Q', 'removed P']);
});

test('a directory that takes the name of one that goes, and its contents, waits until the name is free', async () => {
  await a.folder.writeFile('P/f', 'f\n');
  await tellsB();
  const [id, f] = [await idAt('P'), await idAt('P/f')];
  const other = a.folder.nodes.newNodeId();
  await a.folder.nodes.apply([
    { type: 'create', id: other, parent: ROOT, name: 'new', kind: 'directory', digest: '' },
    { type: 'place', id: f, parent: other, name: 'f' },
    { type: 'remove', ids: [id] },
    { type: 'place', id: other, parent: ROOT, name: 'P' },
  ]);
  expect(await tellsB()).toEqual([
    'renamed P to ASIDE for now',
    'created P',
    'moved ASIDE/f to P/f',
    'removed ASIDE',
  ]);
});

test('what comes back is revived, with the device that brought it back', async () => {
  await a.folder.writeFile('P/f', 'f\n');
  const id = await idAt('P');
  await tellsB();
  expect(new Set(told.map(({ device }) => device))).toEqual(new Set([a.state.device]));
  await b.folder.rm('P', { recursive: true });
  expect(told.at(-1)).toMatchObject({ origin: 'local', device: b.state.device, type: 'removed', path: 'P' });
  await exchange(a, b);
  await a.folder.nodes.apply([{ type: 'restore', id }]);
  expect(await tellsB()).toEqual(['revived P', 'revived P/f']);
  expect(told[0]).toMatchObject({ origin: 'remote', device: a.state.device });
});
