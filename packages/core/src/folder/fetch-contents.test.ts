/** What a device that leaves contents does when peers told of more than is here. */
import { expect, test } from 'vitest';
import { type DocumentId, documentOf, type FolderId, TREE_DOCUMENT } from '../base/index.ts';
import type { PeerName } from '../log/index.ts';
import { ROOT } from '../model/index.ts';
import { type Heads, NO_HEADS } from '../protocol/index.ts';
import { exchange, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const PEER: PeerName = 'relay';
const NOT_HERE = { code: 'CONTENT_NOT_HERE' };

const fileAt = ({ state }: TestFolder, name: string): DocumentId => {
  const node = state.tree.child(ROOT, name);
  if (node === undefined) throw new TypeError(`there is no ${name}`);
  return documentOf(node.id);
};

/** `ben` has the tree, and was told of all that ada has. */
async function told(files: Readonly<Record<string, string>>): Promise<{ ada: TestFolder; ben: TestFolder }> {
  const ada = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const ben = await openFolder({ seed: 2, id: ID, bodies: 'used' });
  for (const [path, text] of Object.entries(files)) await ada.folder.writeFile(path, text);
  await ada.folder.flush();
  await give(ada, ben, TREE_DOCUMENT);
  for (const { document, heads } of ada.state.log.documents())
    if (document !== TREE_DOCUMENT) await tell(ben, document, heads);
  return { ada, ben };
}

async function give(from: TestFolder, to: TestFolder, document: DocumentId): Promise<void> {
  await from.folder.flush();
  for await (const { record } of from.state.log.read.document(document, NO_HEADS)) {
    const { durable } = to.state.log.append([record], { beside: to.state.debts.pay(PEER, document) });
    await durable;
  }
}

const tell = ({ state }: TestFolder, document: DocumentId, heads: Heads): Promise<void> =>
  state.options.committer.commit(state.debts.owe(PEER, [{ document, bytes: 100, heads }]));

test('who waits for many files is told of each that its peer cannot give, whenever that turns out', async () => {
  const { ada, ben } = await told({ 'a.md': 'one\n', 'b.md': 'two\n', 'c.md': 'three\n' });
  const leave = ben.state.bodies.entered(PEER);
  const asked = new Promise((resolve) => ben.state.debts.asked.add(resolve));
  const fetching = ben.folder.fetch('');
  fetching.catch(() => undefined);
  await asked;
  ben.state.debts.vain.emit(fileAt(ben, 'b.md'));
  await give(ada, ben, fileAt(ada, 'a.md'));
  await give(ada, ben, fileAt(ada, 'c.md'));
  await expect(fetching).rejects.toMatchObject({ ...NOT_HERE, details: { path: 'b.md' } });
  leave();
});

test('what is here is read while nobody can be asked, whatever was told of more', async () => {
  const { ada, ben } = await told({ 'a.md': 'one\n' });
  const document = fileAt(ada, 'a.md');
  await give(ada, ben, document);
  await ada.folder.writeFile('a.md', 'one more\n');
  await ada.folder.flush();
  await tell(ben, document, ada.state.log.document(document)?.heads ?? NO_HEADS);
  expect(await ben.folder.readFile('a.md', 'utf8')).toBe('one\n');
  await expect(ben.folder.fetch('a.md')).rejects.toMatchObject(NOT_HERE);
});

test('nothing is written over what is left of a file that began empty', async () => {
  const { ada, ben } = await told({ 'a.md': '' });
  await ada.folder.writeFile('a.md', 'one\n');
  await ada.folder.flush();
  const document = fileAt(ada, 'a.md');
  await tell(ben, document, ada.state.log.document(document)?.heads ?? NO_HEADS);
  await expect(ben.folder.readFile('a.md', 'utf8')).rejects.toMatchObject(NOT_HERE);
  await expect(ben.folder.writeFile('a.md', 'two\n')).rejects.toMatchObject(NOT_HERE);
});

test('a conflict is listed where none of its contents is, and nothing of it is fetched for that', async () => {
  const { ada, ben } = await told({ 'a.bin': 'one\n' });
  const cleo = await openFolder({ seed: 3, id: ID });
  await exchange(ada, cleo);
  await ada.folder.writeFile('a.bin', Uint8Array.of(0, 1));
  await cleo.folder.writeFile('a.bin', Uint8Array.of(0, 2));
  await exchange(ada, cleo);
  const document = fileAt(ada, 'a.bin');
  await give(ada, ben, document);
  const [conflict] = await ada.folder.conflicts();
  expect(conflict).toMatchObject({ path: 'a.bin', kind: 'content' });
  const missed: unknown[] = [];
  ben.state.debts.missed.add((name) => missed.push(name));
  expect(await ben.folder.conflicts()).toEqual([conflict]);
  expect(missed).toEqual([]);
  await expect(ben.folder.resolve('a.bin', 'shown')).rejects.toMatchObject(NOT_HERE);
});

test('a directory that no folder can have is refused when a folder is opened', async () => {
  const opening = openFolder({ seed: 1, id: ID, bodies: { directories: ['photos', 'a/../b'] } });
  await expect(opening).rejects.toMatchObject({ code: 'PATH_INVALID' });
});

test('what was found empty when it was read or opened is kept in step', async () => {
  const { ada, ben } = await told({ 'read.md': '', 'open.md': '', 'other.md': '' });
  await ben.folder.readFile('read.md');
  using _ = await ben.folder.openDocument('open.md');
  const isLeft: Record<string, boolean> = {};
  for (const name of ['read.md', 'open.md', 'other.md']) {
    await ada.folder.writeFile(name, 'one\n');
    await ada.folder.flush();
    const document = fileAt(ada, name);
    await tell(ben, document, ada.state.log.document(document)?.heads ?? NO_HEADS);
    isLeft[name] = ben.state.debts.isLeft(PEER, document);
  }
  expect(isLeft).toEqual({ 'read.md': false, 'open.md': false, 'other.md': true });
});

test('what is no file is never left: names of devices are fetched', async () => {
  const { ada, ben } = await told({ 'a.md': 'one\n' });
  await ada.folder.devices.introduce('laptop');
  await ada.folder.flush();
  const document = 'evermesh.devices' as DocumentId;
  await tell(ben, document, ada.state.log.document(document)?.heads ?? NO_HEADS);
  expect(ben.state.debts.due(PEER).map((debt) => debt.document)).toEqual([document]);
  expect(ben.state.debts.leftCount(PEER)).toBe(1);
});
