import { describe, expect, test } from 'vitest';
import { type AuthorId, documentOf, type FolderId, type NodeId, TREE_DOCUMENT } from '../base/index.ts';
import { ROOT } from '../model/index.ts';
import { makeRecord } from '../protocol/index.ts';
import { listing, openFolder, type TestFolder } from '../testing/open-folder.ts';
import { removalsOf } from './call-bounds.ts';
import type { NodeOperation } from './nodes.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const TOO_LARGE = { code: 'CONTENT_TOO_LARGE' };

const open = (): Promise<TestFolder> => openFolder({ seed: 1, id: ID, name: 'notes' });

const creates = ({ folder }: TestFolder, count: number, text: string): NodeOperation[] =>
  Array.from({ length: count }, (_, i) => ({
    type: 'create',
    id: folder.nodes.newNodeId(),
    parent: ROOT,
    name: `f${i}`,
    kind: 'file',
    content: { kind: 'text', text },
    digest: text === '' ? '' : 'of the text',
  }));

describe('a call', () => {
  test('of more operations than 1,000, or of more bytes than fit in a frame, changes nothing', async () => {
    const a = await open();
    const { nodes } = a.folder;
    const mebi = 'é'.repeat(2 ** 19);
    await expect(nodes.apply(creates(a, 1001, ''))).rejects.toMatchObject(TOO_LARGE);
    await expect(nodes.apply(creates(a, 14, mebi))).rejects.toMatchObject(TOO_LARGE);
    const ids = Array.from({ length: 120_000 }, () => nodes.newNodeId());
    await expect(nodes.apply([{ type: 'remove', ids }])).rejects.toMatchObject(TOO_LARGE);
    expect(await listing(a)).toEqual({});
    await nodes.apply(creates(a, 1000, ''));
    await a.folder.flush();
    const again = await openFolder({ seed: 9, id: ID, rows: a.store.rows });
    expect(await again.folder.readdir('')).toHaveLength(1000);
  });

  test('of more text than a record of one file takes changes nothing, and of as much can be read again', async () => {
    const a = await open();
    const { nodes } = a.folder;
    await expect(nodes.apply(creates(a, 1, 'x'.repeat(12 * 2 ** 20)))).rejects.toMatchObject(TOO_LARGE);
    await nodes.apply(creates(a, 1, 'x'.repeat(11 * 2 ** 20)));
    const id = a.state.tree.child(ROOT, 'f0')?.id as NodeId;
    const shown = a.state.log.assignedHeads(documentOf(id));
    const save = (letter: string): NodeOperation => {
      return { type: 'save', id, shown, content: { kind: 'text', text: letter.repeat(6 * 2 ** 20) } };
    };
    await expect(nodes.apply([save('y'), save('z')])).rejects.toMatchObject(TOO_LARGE);
    await a.folder.flush();
    const again = await openFolder({ seed: 9, id: ID, rows: a.store.rows });
    expect(await again.folder.readFile('f0', 'utf8')).toBe('x'.repeat(11 * 2 ** 20));
    expect(await again.folder.verify()).toEqual([]);
  });

  test('whose records no log would take, because another claims to stand for them, changes nothing', async () => {
    const a = await open();
    const { author } = a.state.options;
    const other = `${'f'.repeat(32)}.${'e'.repeat(16)}` as AuthorId;
    const claim = makeRecord({
      folder: ID,
      document: TREE_DOCUMENT,
      author: other,
      counter: 1,
      prev: 0,
      time: 0,
      kind: 'snapshot',
      covers: new Map([[author, 1000]]),
      body: Uint8Array.of(0, 0, 0),
    });
    await a.state.log.append([claim]).durable;
    await expect(a.folder.writeFile('f', 'f')).rejects.toMatchObject({ code: 'DEVICE_FORKED' });
    expect(await listing(a)).toEqual({});
    const again = await openFolder({ seed: 9, id: ID, rows: a.store.rows });
    await again.folder.writeFile('f', 'f');
    expect(await listing(again)).toEqual({ f: 'f' });
  });
});

test('what is too much to be removed at once is removed from the deepest on', () => {
  const ids = ['dir', 'dir/a', 'dir/a/x', 'dir/b', 'dir/c'] as NodeId[];
  expect([...removalsOf(ids, 2)]).toEqual([['dir/b', 'dir/c'], ['dir/a', 'dir/a/x'], ['dir']]);
  expect([...removalsOf(ids)]).toEqual([ids]);
});
