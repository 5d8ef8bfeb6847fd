/** What a folder shows and takes while only a part of what others made is here. */
import { describe, expect, test } from 'vitest';
import {
  authorOf,
  documentOf,
  type FolderId,
  inOnePiece,
  newDeviceId,
  newRunId,
  type NodeId,
  TREE_DOCUMENT,
} from '../base/index.ts';
import { blobKey, type DocumentIndex, type PeerName, readWantedBlobs } from '../log/index.ts';
import { type LogRecord, makeRecord, NO_HEADS } from '../protocol/index.ts';
import { exchange, openFolder, type TestFolder } from '../testing/open-folder.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { startFolder } from './start-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
/** Of an author's first record. */
const NUMBERS = { counter: 1, prev: 0 } as const;
const NOT_HERE = { code: 'CONTENT_NOT_HERE' };

async function twoDevices(): Promise<[TestFolder, TestFolder]> {
  const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const b = await openFolder({ seed: 2, id: ID });
  await exchange(a, b);
  return [a, b];
}

/** The records that `from` has and `to` lacks, of the tree or of the files. */
async function lacking(from: TestFolder, to: TestFolder, which: 'tree' | 'files'): Promise<LogRecord[]> {
  await from.folder.flush();
  const found: LogRecord[] = [];
  for (const { document } of from.state.log.documents()) {
    if ((document === TREE_DOCUMENT) !== (which === 'tree')) continue;
    const held = to.state.log.document(document)?.heads ?? NO_HEADS;
    for await (const { record } of from.state.log.read.document(document, held)) found.push(record);
  }
  return found;
}

async function arrive({ state }: TestFolder, records: readonly LogRecord[]): Promise<void> {
  await state.log.append(records).durable;
}

describe('a file whose first content has not arrived', () => {
  test('is shown, and can neither be read nor written, until it has', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('d/f.txt', 'first\n');
    await arrive(b, await lacking(a, b, 'tree'));
    const { id } = await b.folder.stat('d/f.txt');
    expect(await b.folder.readdir('d')).toEqual(['f.txt']);
    await expect(b.folder.readFile('d/f.txt')).rejects.toMatchObject(NOT_HERE);
    await expect(b.folder.writeFile('d/f.txt', 'mine\n')).rejects.toMatchObject(NOT_HERE);
    expect(await b.folder.nodes.content(id)).toBeUndefined();

    const told: NodeId[] = [];
    b.folder.nodes.changed.add((ids) => told.push(...ids));
    await arrive(b, await lacking(a, b, 'files'));
    expect(told).toEqual([id]);
    expect(await b.folder.readFile('d/f.txt', 'utf8')).toBe('first\n');
    await b.folder.writeFile('d/f.txt', 'first\nmine\n');
    await exchange(a, b);
    expect(await a.folder.readFile('d/f.txt', 'utf8')).toBe('first\nmine\n');
  });

  test('can be renamed, moved and removed meanwhile; removed, it comes back with content of which nobody had told', async () => {
    const [a, b] = await twoDevices();
    for (const name of ['f.txt', 'told.txt', 'untold.txt']) await a.folder.writeFile(name, `${name}\n`);
    await arrive(b, await lacking(a, b, 'tree'));
    const document = documentOf((await a.folder.stat('told.txt')).id);
    const { debts, options, log } = b.state;
    const heads = a.state.log.assignedHeads(document);
    await options.committer.commit(debts.owe('peer', [{ document, bytes: 0, heads }]));
    await b.folder.rename('f.txt', 'moved.txt');
    await b.folder.rm('told.txt');
    await b.folder.rm('untold.txt');
    expect(await b.folder.readdir('')).toEqual(['moved.txt']);
    expect(log.document(document)).toBeUndefined();
    await exchange(a, b);
    expect(await a.folder.readFile('moved.txt', 'utf8')).toBe('f.txt\n');
    for (const { folder } of [a, b]) expect(await folder.readdir('')).toEqual(['moved.txt', 'untold.txt']);
    expect(await b.folder.verify()).toEqual([]);
  });

  test('that was made empty is here at once', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('empty', '');
    await arrive(b, await lacking(a, b, 'tree'));
    expect(await b.folder.readFile('empty', 'utf8')).toBe('');
  });
});

test('a blob that has not arrived keeps its file from being read, and its arrival is told', async () => {
  const [a, b] = await twoDevices();
  await a.folder.writeFile('logo', Uint8Array.of(0, 1, 2));
  await arrive(b, [...(await lacking(a, b, 'files')), ...(await lacking(a, b, 'tree'))]);
  const { id } = await b.folder.stat('logo');
  await expect(b.folder.readFile('logo')).rejects.toMatchObject(NOT_HERE);

  const told: NodeId[] = [];
  b.folder.nodes.changed.add((ids) => told.push(...ids));
  const content = await a.folder.nodes.content(id);
  const name = content?.content.kind === 'blob' ? content.content.name : undefined;
  if (name === undefined) throw new TypeError('it is a blob');
  const { debts, options } = b.state;
  await options.committer.commit(debts.want([name]));
  await b.folder.blobs.write(a.folder.blobs.read(name), name);
  await options.committer.commit(debts.blobFetched(name));
  expect(told).toEqual([id]);
  expect(await b.folder.readFile('logo')).toEqual(Uint8Array.of(0, 1, 2));
});

test('a blob that arrives while it is looked for is found or told, never neither', async () => {
  const [a, b] = await twoDevices();
  await a.folder.writeFile('logo', Uint8Array.of(0, 1, 2));
  await arrive(b, [...(await lacking(a, b, 'files')), ...(await lacking(a, b, 'tree'))]);
  const { id } = await b.folder.stat('logo');
  const told: NodeId[] = [];
  b.folder.nodes.changed.add((ids) => told.push(...ids));
  const { contents, committer } = b.state.options;
  const size = contents.size.bind(contents);
  let looks = 0;
  contents.size = async (name) => {
    looks += 1;
    if (looks > 1) return size(name);
    // The answer is on its way, and is out of date when it is heard.
    await committer.commit(b.state.debts.want([name]));
    await contents.write(a.folder.blobs.read(name), name);
    await committer.commit(b.state.debts.blobFetched(name));
    return undefined;
  };
  const content = await b.folder.nodes.content(id);
  expect(content !== undefined || told.includes(id)).toBe(true);
});

describe('a folder that has arrived once', () => {
  const peer = '00112233445566778899aabbccddeeff' as PeerName;

  /** A peer tells of a tree that it never comes to give: the network is gone. */
  async function tellMore({ state }: TestFolder): Promise<void> {
    const more = new Map([[authorOf(newDeviceId(seededRandom(9)), newRunId(seededRandom(9))), 1]]);
    const rows = state.debts.owe(peer, [{ document: TREE_DOCUMENT, bytes: 0, heads: more }]);
    await state.options.committer.commit(rows);
  }

  test('works without a peer, also when one told of more of its tree and went away', async () => {
    const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await tellMore(a);
    await a.folder.writeFile('f', 'f\n');
    await a.folder.flush();
    const again = await openFolder({ seed: 3, id: ID, rows: a.store.rows });
    expect(again.state.debts.owed(peer)).toHaveLength(1);
    await again.folder.whenReady();
    expect(await again.folder.readFile('f', 'utf8')).toBe('f\n');
    await again.folder.writeFile('g', 'g\n');
  });

  test('has not arrived before the tree is here as far as it was told of, also after an end in between', async () => {
    const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
    const b = await openFolder({ seed: 2, id: ID });
    await tellMore(b);
    await arrive(b, await lacking(a, b, 'tree'));
    expect(b.folder.nodes.ready).toBe(false);
    const again = await openFolder({ seed: 3, id: ID, rows: b.store.rows });
    expect(again.folder.nodes.ready).toBe(false);
    await again.state.options.committer.commit(again.state.debts.pay(peer, TREE_DOCUMENT));
    again.state.step('remote', []);
    expect(again.folder.nodes.ready).toBe(true);
  });
});

test('a folder has arrived when its tree waits for nothing but what nobody owes', async () => {
  const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const b = await openFolder({ seed: 2, id: ID });
  await a.folder.mkdir('x');
  await a.folder.rename('x', 'y');
  const [first, lost, last] = await lacking(a, b, 'tree');
  if (first === undefined || lost === undefined || last === undefined) throw new TypeError('there are three');
  const random = seededRandom(3);
  // Everybody lost one record, and another run said the last one again.
  const author = authorOf(newDeviceId(random), newRunId(random));
  const { time } = last.header;
  const said = makeRecord({
    ...{ folder: ID, document: TREE_DOCUMENT, author, time },
    ...NUMBERS,
    body: last.body,
  });
  await arrive(b, [first, said]);
  await b.folder.whenReady();
  expect([...b.folder.nodes.all()]).toEqual([]);
  await b.folder.writeFile('f', 'f\n');
  await arrive(b, [lost, last]);
  expect([...b.folder.nodes.all()].map(({ name }) => name).toSorted()).toEqual(['f', 'y']);
});

test('who removes a file has not seen an edit of it that is on its way behind a newer one of another file', async () => {
  const [a, b] = await twoDevices();
  await a.folder.writeFile('f', 'f\n');
  await a.folder.writeFile('g', 'g\n');
  await exchange(a, b);
  await a.folder.writeFile('f', 'f\nedited\n');
  const edit = await lacking(a, b, 'files');
  await a.folder.writeFile('g', 'g\nedited\n');
  const all = await lacking(a, b, 'files');
  const newer = all.filter(({ header }) => edit.every((known) => known.header.document !== header.document));
  await arrive(b, newer);
  await b.folder.rm('f');
  await arrive(b, edit);
  await exchange(a, b);
  for (const { folder } of [a, b]) expect(await folder.readFile('f', 'utf8')).toBe('f\nedited\n');
});

test('changes of others are told by path, in their steps, as remote', async () => {
  const [a, b] = await twoDevices();
  const changes = b.folder.changes();
  await a.folder.writeFile('d/f.txt', 'one\n');
  await exchange(a, b);
  await a.folder.rename('d/f.txt', 'g.txt');
  await exchange(a, b);
  await b.folder.mkdir('mine');
  const seen: string[] = [];
  for await (const { origin, type, path } of changes) {
    seen.push(`${origin} ${type} ${path}`);
    if (path === 'mine') break;
  }
  expect(seen).toMatchInlineSnapshot(`
    [
      "remote created d",
      "remote created d/f.txt",
      "remote edited d/f.txt",
      "remote moved g.txt",
      "local created mine",
    ]
  `);
});

describe('a tree on its way', () => {
  test('is not said to be here while some of it is taken and not shown yet', async () => {
    const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
    for (const name of ['a', 'b', 'c']) await a.folder.writeFile(name, name);
    const b = await openFolder({ seed: 2, id: ID });
    const records = await lacking(a, b, 'tree');
    const { heads } = a.state.log.document(TREE_DOCUMENT) as DocumentIndex;
    b.state.debts.owe('peer', [{ document: TREE_DOCUMENT, bytes: 1, heads }]);
    const shown = b.folder.whenReady().then(() => b.folder.readdir(''));
    const first = b.state.log.append(records.slice(0, 1)).durable;
    // The second batch is given while the first one is being written.
    await Promise.resolve();
    await Promise.resolve();
    const second = b.state.log.append(records.slice(1)).durable;
    await first;
    expect(b.folder.nodes.ready).toBe(false);
    await second;
    expect(await shown).toEqual(['a', 'b', 'c']);
  });

  test('of a new folder is here once its first record is durable', async () => {
    const a = await openFolder({ seed: 1, id: ID });
    const starting = startFolder(a.state, { name: 'notes', secret: 'sixteen-bytes-000' }, []);
    expect(a.folder.nodes.ready).toBe(false);
    await starting;
    expect(a.folder.nodes.ready).toBe(true);
    expect((await openFolder({ seed: 2, id: ID, rows: a.store.rows })).folder.nodes.ready).toBe(true);
  });
});

test('a content that the disk changed is not shown, is wanted again, and is told of when it is here', async () => {
  const { folder, state, store } = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const bytes = Uint8Array.of(0, 1, 2);
  await folder.writeFile('a.bin', bytes);
  const { id } = await folder.stat('a.bin');
  const found = await folder.nodes.content(id);
  if (found?.content.kind !== 'blob') throw new Error('It is no blob.');
  const { name } = found.content;
  store.rows.set(blobKey(name), Uint8Array.of(0, 1, 3));
  await expect(folder.readFile('a.bin')).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
  expect([...state.debts.wantedBlobs]).toEqual([name]);
  expect(await folder.nodes.content(id)).toBeUndefined();
  await expect(folder.readFile('a.bin')).rejects.toMatchObject(NOT_HERE);
  await folder.flush();
  for await (const row of readWantedBlobs(store, ID)) expect(row).toEqual({ name, document: undefined });
  expect([...store.rows.keys()].some((key) => key.endsWith(`/b/${name}`))).toBe(true);

  const told: NodeId[] = [];
  folder.nodes.changed.add((ids) => told.push(...ids));
  await folder.blobs.write(inOnePiece(bytes));
  await state.options.committer.commit(state.debts.blobFetched(name));
  expect(told).toEqual([id]);
  expect(await folder.readFile('a.bin')).toEqual(bytes);
});
