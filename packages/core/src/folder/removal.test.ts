/** What a removal takes with it: what its author had seen, on whole replicas whose documents arrive apart from each other. */
import { describe, expect, test } from 'vitest';
import { documentOf, type DocumentId, type FolderId, type NodeId, TREE_DOCUMENT } from '../base/index.ts';
import { contentDigest, ROOT } from '../model/index.ts';
import { NO_HEADS } from '../protocol/index.ts';
import { utf8 } from '../base/index.ts';
import { exchange, listing, openFolder, type TestFolder } from '../testing/open-folder.ts';
import type { NodeOperation } from './nodes.ts';

const ID = '00112233445566778899aabbccddeeff' as FolderId;

async function two(): Promise<{ a: TestFolder; b: TestFolder }> {
  const a = await openFolder({ seed: 1, id: ID, name: 'w' });
  const b = await openFolder({ seed: 2, id: ID });
  await exchange(a, b);
  return { a, b };
}

/** Hands over what `from` has of one document. */
async function deliver(from: TestFolder, to: TestFolder, document: DocumentId): Promise<void> {
  await from.folder.flush();
  for await (const { record } of from.state.log.read.document(document, NO_HEADS))
    await to.state.log.append([record]).durable;
}

const idAt = async ({ folder }: TestFolder, path: string): Promise<NodeId> => (await folder.stat(path)).id;

const newFile = ({ folder }: TestFolder, name: string, text: string): NodeOperation & { type: 'create' } => ({
  type: 'create',
  id: folder.nodes.newNodeId(),
  parent: ROOT,
  name,
  kind: 'file',
  content: { kind: 'text', text },
  digest: contentDigest(utf8(text)),
});

describe('an edit that is still on its way', () => {
  test('keeps its file, whatever later records of its author the remover had of other files', async () => {
    const { a, b } = await two();
    await a.folder.writeFile('P/f', 'f\n');
    await a.folder.writeFile('P/g', 'g\n');
    await exchange(a, b);
    await a.folder.writeFile('P/f', 'f\nunseen\n');
    await a.folder.writeFile('P/g', 'g\nseen\n');
    await deliver(a, b, documentOf(await idAt(a, 'P/g')));
    await b.folder.rm('P', { recursive: true });
    await exchange(a, b);
    for (const device of [a, b]) expect(await listing(device)).toEqual({ P: '/', 'P/f': 'f\nunseen\n' });
  });

  test.each(['', 'first\n'])(
    'keeps a file that began as %j, of which the remover had the name',
    async (first) => {
      const { a, b } = await two();
      await a.folder.writeFile('f', first);
      await a.folder.writeFile('f', `${first}unseen\n`);
      await a.folder.mkdir('later');
      await deliver(a, b, TREE_DOCUMENT);
      await b.folder.rm('f');
      expect(await listing(b)).toEqual({ later: '/' });
      await exchange(a, b);
      for (const device of [a, b])
        expect(await listing(device)).toEqual({ f: `${first}unseen\n`, later: '/' });
    },
  );
});

describe('in one operation', () => {
  test('a file that is made and removed is gone', async () => {
    const { a, b } = await two();
    const create = newFile(a, 'f', 'text\n');
    await a.folder.nodes.apply([create, { type: 'remove', ids: [create.id] }]);
    await exchange(a, b);
    for (const device of [a, b]) expect(await listing(device)).toEqual({});
  });

  test('a file that is saved and removed is gone', async () => {
    const { a, b } = await two();
    await a.folder.writeFile('f', 'text\n');
    const id = await idAt(a, 'f');
    const shown = a.folder.nodes.headsOf(id);
    const save: NodeOperation = { type: 'save', id, content: { kind: 'text', text: 'more\n' }, shown };
    await a.folder.nodes.apply([newFile(a, 'g', 'g\n'), save, { type: 'remove', ids: [id] }]);
    await exchange(a, b);
    for (const device of [a, b]) expect(await listing(device)).toEqual({ g: 'g\n' });
  });

  test('a removed directory comes back with all that was in it, by one write', async () => {
    const { a, b } = await two();
    await a.folder.writeFile('P/Q/f', 'f\n');
    await a.folder.writeFile('P/g', 'g\n');
    const id = await idAt(a, 'P');
    await a.folder.rm('P', { recursive: true });
    await exchange(a, b);
    const before = b.state.treeDoc.getMap('p').size;
    await b.folder.nodes.apply([{ type: 'restore', id }]);
    expect(b.state.treeDoc.getMap('p').size - before).toBe(1);
    await exchange(a, b);
    const all = { P: '/', 'P/Q': '/', 'P/Q/f': 'f\n', 'P/g': 'g\n' };
    for (const device of [a, b]) expect(await listing(device)).toEqual(all);
  });
});

describe('a tree of a later format', () => {
  test.each([
    ['format/3', ''],
    ['nameRules', '3'],
  ])('(%s %s) is refused by name, and nothing is written', async (key, value) => {
    const { a, b } = await two();
    await a.folder.writeFile('f', 'f\n');
    await a.folder.flush();
    a.state.treeDoc.getMap('m').set(key, value);
    const tooNew = { code: 'FORMAT_TOO_NEW' };
    const before = a.state.log.position.seq;
    expect(a.folder.nodes.ready).toBe(false);
    await expect(a.folder.whenReady()).rejects.toMatchObject(tooNew);
    await expect(a.folder.readFile('f')).rejects.toMatchObject(tooNew);
    await expect(a.folder.writeFile('f', 'g\n')).rejects.toMatchObject(tooNew);
    await expect(a.folder.nodes.apply([])).rejects.toMatchObject(tooNew);
    expect(a.state.log.position.seq).toBe(before);
    expect(b.folder.nodes.ready).toBe(true);
  });

  test('is told apart from one in which a removal says what this version says', async () => {
    const { a, b } = await two();
    await a.folder.writeFile('f', 'f\n');
    await a.folder.rm('f');
    await exchange(a, b);
    expect(a.state.treeDoc.getMap('m').has('format/2')).toBe(true);
    await expect(b.folder.whenReady()).resolves.toBeUndefined();
  });
});

test('a removal that this version cannot read is named by verify, and removes nothing', async () => {
  const { a } = await two();
  await a.folder.writeFile('f', 'f\n');
  a.state.treeDoc.getMap('d').set('5.aaaaaaaaaa', Uint8Array.of(9, 9));
  const findings = await a.folder.verify();
  expect(findings.map(({ what }) => what)).toContain('register not read');
  expect(await listing(a)).toEqual({ f: 'f\n' });
});
