import { describe, expect, test } from 'vitest';
import type { FolderId } from '../base/index.ts';
import { exchange, openFolder, type TestFolder } from '../testing/open-folder.ts';
import type { FolderNodes } from './nodes.ts';
import { resolveAt } from './resolve-conflict.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const bytes = (...values: number[]): Uint8Array => Uint8Array.of(0, ...values);

/** Two devices that wrote bytes to one file apart from each other, and know it. */
async function inConflict(): Promise<[TestFolder, TestFolder]> {
  const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const b = await openFolder({ seed: 2, id: ID });
  await a.folder.writeFile('d/logo.png', bytes(1));
  await exchange(a, b);
  await a.folder.writeFile('d/logo.png', bytes(2));
  await b.folder.writeFile('d/logo.png', bytes(3));
  await exchange(a, b);
  return [a, b];
}

const otherOf = async ({ folder }: TestFolder): Promise<string> =>
  (await folder.conflicts())[0]?.others?.[0]?.id ?? '';

/** The nodes of `a`, which hears of what `other` did when it has looked at a content once. */
function hearingMeanwhile(a: TestFolder, other: TestFolder): { nodes: FolderNodes; times: number } {
  const content: FolderNodes['content'] = async (id) => {
    const found = await a.folder.nodes.content(id);
    looked.times += 1;
    if (looked.times === 1) await exchange(a, other);
    return found;
  };
  const nodes = Object.assign(Object.create(a.folder.nodes) as FolderNodes, { content });
  const looked = { nodes, times: 0 };
  return looked;
}

describe('a person decides between contents', () => {
  test('the shown one stays, and nothing is in conflict any more, on each device', async () => {
    const [a, b] = await inConflict();
    const shown = await a.folder.readFile('d/logo.png');
    expect(await a.folder.resolve('d/logo.png', 'shown')).toEqual([]);
    await exchange(a, b);
    for (const { folder } of [a, b]) {
      expect(await folder.readFile('d/logo.png')).toEqual(shown);
      expect(await folder.conflicts()).toEqual([]);
    }
  });

  test('another one takes its place, and what was shown is a version', async () => {
    const [a, b] = await inConflict();
    const shown = await a.folder.readFile('d/logo.png');
    await a.folder.resolve('d/logo.png', await otherOf(a));
    await exchange(a, b);
    for (const { folder } of [a, b]) {
      const now = await folder.readFile('d/logo.png');
      expect([String(now), String(shown)].sort()).toEqual([String(bytes(2)), String(bytes(3))]);
      expect(await folder.conflicts()).toEqual([]);
      const versions = await folder.versions('d/logo.png', { all: true });
      const contents = await Promise.all(
        versions.map((version) => folder.readVersion('d/logo.png', version)),
      );
      expect(contents.map(String)).toContain(String(shown));
    }
  });

  test('both stay, under two names', async () => {
    const [a, b] = await inConflict();
    const shown = await a.folder.readFile('d/logo.png');
    const [beside = ''] = await a.folder.resolve('d/logo.png', 'both');
    expect(beside).toMatch(/^d\/logo .*\.png$/);
    await exchange(a, b);
    for (const { folder } of [a, b]) {
      expect(await folder.readdir('d')).toHaveLength(2);
      expect(await folder.readFile('d/logo.png')).toEqual(shown);
      expect([String(await folder.readFile(beside)), String(shown)].sort()).toEqual([
        String(bytes(2)),
        String(bytes(3)),
      ]);
      expect(await folder.conflicts()).toEqual([]);
      expect(await folder.verify()).toEqual([]);
    }
  });

  test('what another device writes at the same time is listed again', async () => {
    const [a, b] = await inConflict();
    await a.folder.resolve('d/logo.png', 'shown');
    await b.folder.writeFile('d/logo.png', bytes(4));
    await exchange(a, b);
    for (const { folder } of [a, b]) expect(await folder.conflicts()).toMatchObject([{ kind: 'content' }]);
  });

  test('what arrives within the call is not settled by a choice that did not know it', async () => {
    for (const choice of ['shown', 'other']) {
      const [a] = await inConflict();
      const c = await openFolder({ seed: 3, id: ID });
      await exchange(a, c);
      const node = a.state.tree.resolve('d/logo.png');
      if (node === undefined) throw new Error('It is there.');
      // The third one has a content of its own for it, and the first one hears of that when it has read what there is.
      await c.folder.writeFile('d/logo.png', bytes(4));
      const looked = hearingMeanwhile(a, c);
      const keep = choice === 'shown' ? choice : await otherOf(a);
      const { seq } = a.state.log.position;
      await expect(
        resolveAt(a.state, looked.nodes, { node, path: 'd/logo.png' }, keep),
      ).rejects.toMatchObject({
        code: 'CONFLICT_CHANGED',
      });
      expect(looked.times).toBe(2);
      expect(await a.folder.conflicts()).toMatchObject([{ kind: 'content' }]);
      expect(a.state.log.position.seq).toBe(seq + 1);
    }
  });

  test('a text that somebody goes on writing within the call is no longer the one that was seen', async () => {
    for (const choice of ['shown', 'both']) {
      const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
      const [b, c] = [await openFolder({ seed: 2, id: ID }), await openFolder({ seed: 3, id: ID })];
      await a.folder.writeFile('f', 'one\n');
      await exchange(a, b);
      await b.folder.writeFile('f', 'one\ntwo\n');
      await exchange(b, c);
      await a.folder.writeFile('f', bytes(1));
      await exchange(a, b);
      expect(await a.folder.conflicts()).toMatchObject([{ others: [{ id: 'text' }] }]);
      // The third one has heard of the text alone.
      await c.folder.writeFile('f', 'one\ntwo\nthree\n');
      const node = a.state.tree.resolve('f');
      if (node === undefined) throw new Error('It is there.');
      const looked = hearingMeanwhile(a, c);
      const resolving = resolveAt(a.state, looked.nodes, { node, path: 'f' }, choice);
      if (choice === 'shown') await expect(resolving).rejects.toMatchObject({ code: 'CONFLICT_CHANGED' });
      else {
        const texts = (await resolving).map((path) => a.folder.readFile(path, 'utf8'));
        expect(await Promise.all(texts)).toEqual(['one\ntwo\n', 'one\ntwo\nthree\n']);
        expect(await a.folder.conflicts()).toEqual([]);
      }
    }
  });

  test('without a conflict, or for what is not in it, nothing is changed', async () => {
    const [a] = await inConflict();
    await a.folder.writeFile('d/plain.md', 'text\n');
    await a.folder.flush();
    const { seq } = a.state.log.position;
    for (const choice of ['shown', 'both', 'text'])
      await expect(a.folder.resolve('d/plain.md', choice)).rejects.toMatchObject({
        code: 'CONFLICT_NOT_FOUND',
      });
    await expect(a.folder.resolve('d/logo.png', 'none')).rejects.toMatchObject({
      code: 'CONFLICT_NOT_FOUND',
    });
    await expect(a.folder.resolve('d', 'shown')).rejects.toMatchObject({ code: 'PATH_IS_DIRECTORY' });
    await expect(a.folder.resolve('none', 'shown')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await a.folder.flush();
    expect(a.state.log.position.seq).toBe(seq);
  });

  test('a content whose bytes are not here is not chosen', async () => {
    const [a] = await inConflict();
    const [conflict] = await a.folder.conflicts();
    const content = conflict?.others?.[0]?.content;
    if (content?.kind !== 'blob') throw new Error('Bytes are in conflict.');
    a.store.rows.delete(`blob/${content.name}`);
    for (const choice of [await otherOf(a), 'both'])
      await expect(a.folder.resolve('d/logo.png', choice)).rejects.toMatchObject({
        code: 'CONTENT_NOT_HERE',
      });
    expect(await a.folder.readdir('d')).toEqual(['logo.png']);
    expect(await a.folder.conflicts()).toHaveLength(1);
  });
});
