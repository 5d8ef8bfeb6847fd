/** Documents of applications, beside files and in no directory. */
import { describe, expect, onTestFinished, test } from 'vitest';
import * as Y from 'yjs';
import type { FolderId } from '../base/index.ts';
import { EAGER, exchange, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '00112233445566778899aabbccddeeff' as FolderId;

async function open(
  seed: number,
  options: Partial<Parameters<typeof openFolder>[0]> = {},
): Promise<TestFolder> {
  const made = await openFolder({ seed, id: ID, ...options });
  onTestFinished(() => made.state.close());
  return made;
}

describe('a document of an application', () => {
  test('keeps whatever Yjs has, across a restart, and is in no directory', async () => {
    const made = await open(1, { name: 'w' });
    const board = await made.folder.documents.open('board.1');
    const { doc } = board;
    doc.getMap('settings').set('title', 'Plans');
    doc.getMap('settings').set('lanes', Y.Array.from(['now', 'later']));
    doc.getArray<number>('counts').push([1, 2, 3]);
    doc.getArray<number>('counts').delete(1);
    await board.flush();
    board.close();
    expect(await made.folder.readdir('/')).toEqual([]);
    const again = await open(2, { rows: new Map(made.store.rows) });
    const { doc: same } = await again.folder.documents.open('board.1');
    expect(same.getMap('settings').toJSON()).toEqual({ title: 'Plans', lanes: ['now', 'later'] });
    expect(same.getArray('counts').toJSON()).toEqual([1, 3]);
    expect(again.folder.documents.names()).toEqual(['board.1']);
    expect(await again.folder.verify()).toEqual([]);
  });

  test('merges what two devices change apart, while it is open', async () => {
    const [made, other] = [await open(1, { name: 'w' }), await open(2)];
    await exchange(made, other);
    const [here, there] = [await made.folder.documents.open('x'), await other.folder.documents.open('x')];
    here.doc.getMap('m').set('a', 1);
    there.doc.getMap('m').set('b', 2);
    await exchange(made, other);
    for (const { doc } of [here, there]) expect(doc.getMap('m').toJSON()).toEqual({ a: 1, b: 2 });
  });

  test('is the same for all that have it open, and a file of that name is another', async () => {
    const made = await open(1, { name: 'w' });
    await made.folder.writeFile('notes', 'text');
    const [one, two] = [await made.folder.documents.open('notes'), await made.folder.documents.open('notes')];
    expect(two.doc).toBe(one.doc);
    one.doc.getText('text').insert(0, 'other');
    await made.folder.flush();
    expect(await made.folder.readFile('notes', 'utf8')).toBe('text');
    await made.folder.rm('notes');
    expect(made.folder.documents.names()).toEqual(['notes']);
    expect(two.doc.getText('text').toString()).toBe('other');
  });

  test('outlasts compaction', async () => {
    const made = await open(1, { name: 'w', policy: EAGER });
    const log = await made.folder.documents.open('log');
    for (let entry = 0; entry < 20; entry++) {
      log.doc.getArray('entries').push([entry]);
      await log.flush();
    }
    log.close();
    await made.compactor.idle();
    const again = await open(2, { rows: new Map(made.store.rows) });
    const { doc: same } = await again.folder.documents.open('log');
    expect(same.getArray('entries').length).toBe(20);
  });

  test.each(['', 'a/b', 'ä', 'x'.repeat(61), 'a b', '\0'])(
    'is not opened under the name %j',
    async (name) => {
      const made = await open(1, { name: 'w' });
      await expect(made.folder.documents.open(name)).rejects.toMatchObject({ code: 'DOCUMENT_NAME_INVALID' });
      expect(made.folder.documents.names()).toEqual([]);
    },
  );

  test('is not opened in a folder that has not arrived', async () => {
    const made = await open(1);
    await expect(made.folder.documents.open('x')).rejects.toMatchObject({ code: 'FOLDER_NOT_READY' });
  });
});
