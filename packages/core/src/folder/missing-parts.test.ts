/** What a folder shows of a file when something here builds on what is not, and may never be. */
import { expect, test } from 'vitest';
import { documentOf, type FolderId, fromUtf8, type NodeId } from '../base/index.ts';
import { type LogRecord, NO_HEADS } from '../protocol/index.ts';
import { exchange, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;

interface Hole {
  /** Has all but an edit of ben's, on which one of anna's builds. */
  readonly cleo: TestFolder;
  readonly id: NodeId;
  readonly lost: LogRecord;
  readonly ben: TestFolder;
}

/** @param before what ben wrote earlier, and everybody has */
async function withHole(before?: string): Promise<Hole> {
  const anna = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const [ben, cleo] = [await openFolder({ seed: 2, id: ID }), await openFolder({ seed: 3, id: ID })];
  await anna.folder.writeFile('f', 'one\n');
  await exchange(anna, ben);
  if (before !== undefined) await ben.folder.writeFile('f', before);
  await exchange(ben, anna);
  await exchange(anna, cleo);
  await ben.folder.writeFile('f', 'one\nfrom ben\n');
  await exchange(ben, anna);
  await anna.folder.writeFile('f', 'one\nfrom ben, and anna\n');
  await anna.folder.flush();
  const { id } = await anna.folder.stat('f');
  const records: LogRecord[] = [];
  const held = cleo.state.log.document(documentOf(id))?.heads ?? NO_HEADS;
  for await (const { record } of anna.state.log.read.document(documentOf(id), held)) records.push(record);
  const [lost, builds] = records as [LogRecord, LogRecord];
  await cleo.state.log.append([builds]).durable;
  return { cleo, id, lost, ben };
}

const owe = async ({ state }: TestFolder, id: NodeId, { header }: LogRecord): Promise<void> => {
  const debt = { document: documentOf(id), bytes: 0, heads: new Map([[header.author, header.counter]]) };
  await state.options.committer.commit(state.debts.owe('peer', [debt]));
};

test('a file is waited for while a peer owes what something in it builds on, and shown as far as it is here when none does', async () => {
  const { cleo, id, lost } = await withHole();
  await owe(cleo, id, lost);
  await expect(cleo.folder.readFile('f')).rejects.toMatchObject({ code: 'CONTENT_NOT_HERE' });
  const told: NodeId[] = [];
  cleo.folder.nodes.changed.add((ids) => told.push(...ids));
  await cleo.state.options.committer.commit(cleo.state.debts.forgive('peer'));
  expect(told).toEqual([id]);
  expect(await cleo.folder.readFile('f', 'utf8')).toBe('one\n');
});

test.each([
  ['of whom something is here', 'one\n\n', (ben: TestFolder) => [ben.state.device]],
  ['of whom nothing is here', undefined, () => []],
])('a file that has something which waits for edits of somebody %s is named', async (_, before, devices) => {
  const { cleo, id, lost, ben } = await withHole(before);
  expect(await cleo.folder.missingParts()).toEqual([{ id, path: 'f', devices: devices(ben) }]);
  expect(await cleo.folder.verify()).toEqual([]);
  await cleo.state.log.append([lost]).durable;
  expect(await cleo.folder.missingParts()).toEqual([]);
});

test('a save over what is shown deletes nothing of what is not, and all is there when the rest comes', async () => {
  const { cleo, lost } = await withHole();
  expect(await cleo.folder.readFile('f', 'utf8')).toBe('one\n');
  await cleo.folder.writeFile('f', 'zero\n');
  await cleo.state.log.append([lost]).durable;
  const text = await cleo.folder.readFile('f', 'utf8');
  expect(text).toContain('zero\n');
  expect(text).toContain('from ben, and anna\n');
  expect(text).not.toContain('one\n');
  expect(await cleo.folder.missingParts()).toEqual([]);
});

test('what a file held since a part of it is missing is among its versions, here and where nothing is missing', async () => {
  const { cleo, ben } = await withHole();
  for (const text of ['zero\n', 'two\n']) {
    await cleo.folder.writeFile('f', text);
    await cleo.folder.flush();
  }
  const all = await cleo.folder.versions('f', { all: true });
  expect(all.map(({ size }) => size)).toEqual([4, 5, 4]);
  await exchange(cleo, ben);
  for (const { folder } of [cleo, ben]) {
    const texts = await Promise.all(all.map((version) => folder.readVersion('f', version)));
    expect(texts.map(fromUtf8)).toEqual(['two\n', 'zero\n', 'one\n']);
  }
});

test('a file that is shown in part is read and written while what was written here is on its way to the disk', async () => {
  const { cleo } = await withHole();
  await cleo.folder.writeFile('f', 'zero\n');
  expect(await cleo.folder.readFile('f', 'utf8')).toBe('zero\n');
  const open = await cleo.folder.openDocument('f');
  open.text.insert(0, 'typed ');
  await cleo.folder.writeFile('f', 'two\n');
  expect(open.text.toString()).toBe('two\n');
  open.close();
});
