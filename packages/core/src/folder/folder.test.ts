import { faulty, VirtualClock } from '@evermesh/testkit';
import { describe, expect, test, vi } from 'vitest';
import { documentOf, type FolderId, utf8 } from '../base/index.ts';
import { NO_HEADS } from '../protocol/index.ts';
import type { ApplyResult } from './nodes.ts';
import { deliver, exchange, listing, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;

async function twoDevices(): Promise<[TestFolder, TestFolder]> {
  const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const b = await openFolder({ seed: 2, id: ID });
  await exchange(a, b);
  return [a, b];
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.of(0, ...values);

describe('a folder on one device', () => {
  test('gives back what was written, text and bytes, and makes the directories on the way', async () => {
    const { folder } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await folder.writeFile('todo/today.md', '- water the plants\n');
    await folder.writeFile('todo/logo.png', bytes(1, 2, 3));
    await folder.writeFile('empty', '');
    expect(await folder.readFile('todo/today.md', 'utf8')).toBe('- water the plants\n');
    expect(await folder.readFile('todo/logo.png')).toEqual(bytes(1, 2, 3));
    expect(await folder.readFile('empty')).toEqual(utf8(''));
    expect(await folder.readdir('')).toEqual(['empty', 'todo']);
    expect(await folder.readdir('todo')).toEqual(['logo.png', 'today.md']);
  });

  test('keeps everything over a restart', async () => {
    const before = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await before.folder.writeFile('a/b.txt', 'one\n');
    await before.folder.writeFile('a/b.txt', 'one\ntwo\n');
    await before.folder.rename('a', 'c');
    await before.folder.flush();
    const after = await openFolder({ seed: 9, id: ID, rows: before.store.rows });
    expect(await listing(after)).toEqual({ c: '/', 'c/b.txt': 'one\ntwo\n' });
    expect(await after.folder.verify()).toEqual([]);
  });

  test('writing what is there already stores nothing', async () => {
    const { folder, state } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await folder.writeFile('a', 'same\n');
    await folder.flush();
    const { seq } = state.log.position;
    await folder.writeFile('a', 'same\n');
    await folder.flush();
    expect(state.log.position.seq).toBe(seq);
  });

  test('rename replaces a file, and refuses what rename(2) refuses', async () => {
    const { folder } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await folder.writeFile('a', 'A');
    await folder.writeFile('b', 'B');
    await folder.mkdir('d');
    await folder.rename('a', 'b');
    expect(await folder.readFile('b', 'utf8')).toBe('A');
    expect(await folder.readdir('')).toEqual(['b', 'd']);
    await expect(folder.rename('b', 'd')).rejects.toMatchObject({ code: 'PATH_IS_DIRECTORY' });
    await expect(folder.rename('d', 'b')).rejects.toMatchObject({ code: 'PATH_NOT_DIRECTORY' });
    await expect(folder.rename('d', 'd/inside')).rejects.toMatchObject({ code: 'PATH_MOVE_INTO_SELF' });
    await expect(folder.rename('nothing', 'x')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
  });

  test('a directory that cannot take the place of an empty one inside it leaves that where it is', async () => {
    const { folder } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await folder.mkdir('docs');
    await folder.mkdir('docs/Docs');
    await expect(folder.rename('docs', 'docs/Docs')).rejects.toMatchObject({ code: 'PATH_MOVE_INTO_SELF' });
    expect(await folder.readdir('docs')).toEqual(['Docs']);
  });

  test('rm wants recursive for a directory that holds something', async () => {
    const { folder } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await folder.writeFile('d/e/f', 'x');
    await expect(folder.rm('d')).rejects.toMatchObject({ code: 'PATH_NOT_EMPTY' });
    await folder.rm('d', { recursive: true });
    expect(await folder.readdir('')).toEqual([]);
    await expect(folder.rm('d')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await folder.rm('d', { force: true });
  });

  test('a refused operation changes nothing', async () => {
    const { folder, state } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await folder.writeFile('f', 'x');
    await folder.flush();
    const { seq } = state.log.position;
    await expect(folder.writeFile('f/g', 'x')).rejects.toMatchObject({ code: 'PATH_NOT_DIRECTORY' });
    await expect(folder.writeFile('a/../b', 'x')).rejects.toMatchObject({ code: 'PATH_INVALID' });
    await expect(folder.mkdir('f')).rejects.toMatchObject({ code: 'PATH_EXISTS' });
    await folder.flush();
    expect(state.log.position.seq).toBe(seq);
  });

  test('calls that are not awaited take effect in their order', async () => {
    const { folder } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    const calls = [
      folder.writeFile('a', '1'),
      folder.writeFile('a', '12'),
      folder.rename('a', 'b'),
      folder.writeFile('b', '123'),
    ];
    await Promise.all(calls);
    expect(await folder.readFile('b', 'utf8')).toBe('123');
    expect(await folder.readdir('')).toEqual(['b']);
  });

  test('who follows changes, or waits for the tree, is not left waiting when the folder closes', async () => {
    const { folder, state } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    await folder.writeFile('a', '1');
    const changes = folder.changes();
    await folder.writeFile('a', '2');
    const empty = await openFolder({ seed: 2, id: ID });
    const ready = empty.folder.whenReady();
    for (const each of [state, empty.state]) each.close();
    const told: string[] = [];
    for await (const { path } of changes) told.push(path);
    expect(told).toEqual(['a']);
    await expect(ready).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  test('changes are told by path', async () => {
    const { folder } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    const changes = folder.changes();
    await folder.writeFile('d/a', '1');
    await folder.writeFile('d/a', '2');
    await folder.rename('d', 'e');
    await folder.rm('e/a');
    const told: string[] = [];
    for await (const { type, path, from, origin } of changes) {
      told.push([origin, type, path, ...(from === undefined ? [] : [from])].join(' '));
      if (type === 'removed') break;
    }
    expect(told).toEqual([
      'local created d',
      'local created d/a',
      'local edited d/a',
      'local renamed e d',
      'local removed e/a',
    ]);
  });

  test('a file can be written and read again before the disk has taken what it was made with', async () => {
    const { folder, store } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    const clock = new VirtualClock();
    const late = faulty({ ...store }, 1, { clock, milliseconds: 1000 });
    store.batch = (operations, options) => late.batch(operations, options);
    await folder.writeFile('a.txt', 'one\n');
    const written = folder.writeFile('a.txt', 'one\ntwo\n');
    const read = folder.readFile('a.txt', 'utf8');
    clock.advance(1000);
    await written;
    expect(await read).toMatch(/^one\n(two\n)?$/);
    await folder.writeFile('a.txt', 'one\ntwo\nthree\n');
    expect(await folder.readFile('a.txt', 'utf8')).toBe('one\ntwo\nthree\n');
    expect(await folder.verify()).toEqual([]);
  });

  test('a file is written under one clientID in a run, also when its document left memory meanwhile', async () => {
    const warned = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const { folder, state } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    const { id } = await folder.writeFile('a.txt', 'one\n').then(() => folder.stat('a.txt'));
    // More than stay in memory are written between two saves of the file.
    for (let save = 0; save < 3; save++) {
      await folder.writeFile('a.txt', `save ${save}\n`);
      for (let i = 0; i < 70; i++) await folder.writeFile(`other ${i}.txt`, `${save}\n`);
    }
    await folder.flush();
    const clients = new Set<number>();
    for await (const { record } of state.log.read.document(documentOf(id), NO_HEADS))
      for (const { client } of record.header.clocks) clients.add(client);
    // The first content is a seed, which has one of its own.
    expect(clients.size).toBe(2);
    expect(warned).not.toHaveBeenCalled();
  });

  test('documents that had to stay in memory until the disk had them leave it then', async () => {
    const { folder, store } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    for (let i = 0; i < 100; i++) await folder.writeFile(`${i}.txt`, 'one\n');
    await folder.flush();
    const clock = new VirtualClock();
    const late = faulty({ ...store }, 1, { clock, milliseconds: 1000 });
    store.batch = (operations, options) => late.batch(operations, options);
    for (let i = 0; i < 100; i++) await folder.writeFile(`${i}.txt`, 'two\n');
    clock.advance(1000);
    await folder.flush();
    const walks = vi.spyOn(store, 'iterator');
    expect(await folder.readFile('99.txt', 'utf8')).toBe('two\n');
    expect(walks).not.toHaveBeenCalled();
    expect(await folder.readFile('0.txt', 'utf8')).toBe('two\n');
    expect(walks).toHaveBeenCalled();
  });
});

describe('a folder on two devices', () => {
  test('a folder that has not arrived refuses to be changed, and tells when it is here', async () => {
    const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
    const b = await openFolder({ seed: 2, id: ID });
    await expect(b.folder.writeFile('x', 'x')).rejects.toMatchObject({ code: 'FOLDER_NOT_READY' });
    const ready = b.folder.whenReady();
    await deliver(a, b);
    await ready;
    expect(b.folder.name).toBe('notes');
  });

  test('edits of different lines of one text merge, whoever is delivered first', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('f.txt', 'one\ntwo\nthree\n');
    await exchange(a, b);
    await a.folder.writeFile('f.txt', 'ONE\ntwo\nthree\n');
    await b.folder.writeFile('f.txt', 'one\ntwo\nTHREE\n');
    await exchange(a, b);
    expect(await a.folder.readFile('f.txt', 'utf8')).toBe('ONE\ntwo\nTHREE\n');
    expect(await listing(b)).toEqual(await listing(a));
  });

  test('a directory moved here and edited there is moved with its edits', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('p/f', 'f\n');
    await exchange(a, b);
    await a.folder.rename('p', 'q');
    await b.folder.writeFile('p/f', 'f\nmore\n');
    await b.folder.writeFile('p/new', 'new\n');
    await exchange(a, b);
    expect(await listing(a)).toEqual({ q: '/', 'q/f': 'f\nmore\n', 'q/new': 'new\n' });
    expect(await listing(b)).toEqual(await listing(a));
  });

  test('a file deleted here and edited there lives', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('d/f', 'f\n');
    await a.folder.writeFile('d/g', 'g\n');
    await exchange(a, b);
    await a.folder.rm('d', { recursive: true });
    await b.folder.writeFile('d/f', 'f\nedited\n');
    await exchange(a, b);
    expect(await listing(a)).toEqual({ d: '/', 'd/f': 'f\nedited\n' });
    expect(await listing(b)).toEqual(await listing(a));
  });

  test('a file deleted by someone who had seen the edit is gone', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('f', 'f\n');
    await exchange(a, b);
    await b.folder.writeFile('f', 'f\nedited\n');
    await exchange(a, b);
    await a.folder.rm('f');
    await exchange(a, b);
    expect(await listing(b)).toEqual({});
  });

  test('two files made at one path are both kept and listed', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('n.md', 'from a');
    await b.folder.writeFile('n.md', 'from b');
    await exchange(a, b);
    expect(Object.values(await listing(a)).sort()).toEqual(['from a', 'from b']);
    expect(await listing(b)).toEqual(await listing(a));
    expect(await a.folder.conflicts()).toMatchObject([{ kind: 'name', ownName: 'n.md' }]);
  });

  test('two versions of one binary are both kept and listed', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('logo', bytes(1));
    await exchange(a, b);
    await a.folder.writeFile('logo', bytes(2));
    await b.folder.writeFile('logo', bytes(3));
    await exchange(a, b);
    expect(await listing(a)).toEqual(await listing(b));
    const [conflict] = await a.folder.conflicts();
    expect(conflict).toMatchObject({ path: 'logo', kind: 'content' });
    expect(conflict?.others).toHaveLength(1);
  });

  test('two versions of one binary are both kept where the devices are copies of one', async () => {
    const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
    const b = await openFolder({ seed: 2, id: ID, device: a.state.device });
    await a.folder.writeFile('logo', bytes(1));
    await exchange(a, b);
    await a.folder.writeFile('logo', bytes(2));
    await b.folder.writeFile('logo', bytes(3));
    await exchange(a, b);
    expect(await listing(a)).toEqual(await listing(b));
    expect((await a.folder.conflicts())[0]?.others).toHaveLength(1);
  });
});

/** A file that the disk of `a` shows as it was before `b` wrote to it; `save` is made on that disk, by default the first one. */
async function behind(written: string) {
  const [a, b] = await twoDevices();
  await a.folder.writeFile('f.txt', 'one\ntwo\n');
  await exchange(a, b);
  const { id } = await a.folder.stat('f.txt');
  const shown = a.folder.nodes.headsOf(id);
  await b.folder.writeFile('f.txt', written);
  await exchange(a, b);
  const save = async (text: string, at = shown): Promise<typeof shown> => {
    const { heads } = await a.folder.nodes.apply([
      { type: 'save', id, content: { kind: 'text', text }, shown: at },
    ]);
    return heads.get(id) as typeof shown;
  };
  return { a, b, id, save };
}

describe('operations by identity', () => {
  test('who removes what was shown to him of a file in conflict leaves the other content, and what he has not heard of', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('logo', bytes(1));
    await exchange(a, b);
    await a.folder.writeFile('logo', bytes(2));
    await b.folder.writeFile('logo', bytes(3));
    await exchange(a, b);
    const { id } = await a.folder.stat('logo');
    const read = async (): Promise<number | undefined> => (await a.folder.readFile('logo'))[1];
    const remove = (shown = a.folder.nodes.headsOf(id)): Promise<ApplyResult> =>
      a.folder.nodes.apply([{ type: 'removeShown', id, shown }]);
    const before = a.folder.nodes.headsOf(id);
    const other = (await read()) === 2 ? 3 : 2;
    expect((await remove()).stayed.size).toBe(0);
    expect(await read()).toBe(other);
    expect(await a.folder.conflicts()).toEqual([]);
    expect([...(await remove(before)).stayed]).toEqual([id]);
    expect((await remove()).stayed.size).toBe(0);
    await exchange(a, b);
    for (const device of [a, b]) expect(await listing(device)).toEqual({});
  });

  test('a save against what was shown before others wrote deletes nothing of theirs', async () => {
    const { a, b, save } = await behind('one\ntwo\nthree of b\n');
    // The disk of a still shows the old text when it is saved.
    const first = await save('zero\none\ntwo\n');
    expect(await a.folder.readFile('f.txt', 'utf8')).toBe('zero\none\ntwo\nthree of b\n');
    // And once more, before anything of b reached that disk.
    await save('zero\none and a half\ntwo\n', first);
    expect(await a.folder.readFile('f.txt', 'utf8')).toBe('zero\none and a half\ntwo\nthree of b\n');
    await exchange(a, b);
    expect(await listing(b)).toEqual(await listing(a));
  });

  test('a save by somebody else on the same device leaves what a disk shows to its next save', async () => {
    const { a, id, save } = await behind('one\nby b\ntwo\n');
    // It stands beside what the disk does not show, and is in no state of the document without that.
    const onDisk = await save('one\nthree\ntwo\n');
    const both = await a.folder.readFile('f.txt', 'utf8');
    // A program that works with the folder itself sees everything.
    await a.folder.writeFile('f.txt', `${both}four\n`);
    const next = await save('one\nthree and a half\ntwo\n', onDisk);
    expect(await a.folder.readFile('f.txt', 'utf8')).toBe(
      `${both.replace('three', 'three and a half')}four\n`,
    );
    // The disk shows what is newest, and nothing is kept any more.
    await a.folder.nodes.keep([a.folder.nodes.shownNoMore(id, next)]);
    expect([...a.store.rows.keys()].filter((key) => key.includes('/x/base/'))).toEqual([]);
  });

  test('of a save by path, which nobody shows, nothing is kept, also where something arrives in that moment', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('f.txt', 'one\ntwo\n');
    await exchange(a, b);
    await b.folder.writeFile('f.txt', 'one\ntwo\nthree of b\n');
    await b.folder.flush();
    const hold = a.state.documents.hold.bind(a.state.documents);
    vi.spyOn(a.state.documents, 'hold').mockImplementationOnce(async (document) => {
      await deliver(b, a);
      return hold(document);
    });
    await a.folder.writeFile('f.txt', 'zero\none\ntwo\n');
    await a.folder.flush();
    expect(await a.folder.readFile('f.txt', 'utf8')).toBe('zero\none\ntwo\nthree of b\n');
    expect([...a.store.rows.keys()].filter((key) => key.includes('/x/base/'))).toEqual([]);
  });

  test('several who were shown the same on one device take away nothing of each other', async () => {
    const [a] = await twoDevices();
    await a.folder.writeFile('f.txt', 'one\ntwo\n');
    const { id } = await a.folder.stat('f.txt');
    const shown = a.folder.nodes.headsOf(id);
    for (const line of ['first', 'second', 'third', 'fourth'])
      await a.folder.nodes.apply([
        { type: 'save', id, content: { kind: 'text', text: `one\n${line}\ntwo\n` }, shown },
      ]);
    const lines = (await a.folder.readFile('f.txt', 'utf8')).split('\n').sort();
    expect(lines).toEqual(['', 'first', 'fourth', 'one', 'second', 'third', 'two']);
  });

  test('the same edit by somebody whom the disk did not show yet counts once, and the next save is told apart from it', async () => {
    const { a, b, save } = await behind('one\nsame\ntwo\nthree of b\n');
    const next = await save('one\nsame\ntwo\n');
    expect(await a.folder.readFile('f.txt', 'utf8')).toBe('one\nsame\ntwo\nthree of b\n');
    // What was taken for the saver's own goes with him, and comes to nobody twice.
    const last = await save('one\nsame\nand more\ntwo\n', next);
    expect(await a.folder.readFile('f.txt', 'utf8')).toBe('one\nsame\nand more\ntwo\nthree of b\n');
    await save('one\nand more\ntwo\n', last);
    expect(await a.folder.readFile('f.txt', 'utf8')).toBe('one\nand more\ntwo\nthree of b\n');
    await exchange(a, b);
    expect(await listing(b)).toEqual(await listing(a));
  });

  test('the same edit saved on two devices before either heard of the other stays twice, alike on both, until a person removes one', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('f.txt', 'one\ntwo\n');
    await exchange(a, b);
    for (const { folder } of [a, b]) await folder.writeFile('f.txt', 'one\nsame\ntwo\n');
    await exchange(a, b);
    for (const { folder } of [a, b])
      expect(await folder.readFile('f.txt', 'utf8')).toBe('one\nsame\nsame\ntwo\n');
    await a.folder.writeFile('f.txt', 'one\nsame\ntwo\n');
    await exchange(a, b);
    expect(await b.folder.readFile('f.txt', 'utf8')).toBe('one\nsame\ntwo\n');
    expect(await listing(b)).toEqual(await listing(a));
  });

  test('a file that is saved as somebody else had saved it lives, although that one removed it meanwhile', async () => {
    const { a, b, save } = await behind('one\nsame\ntwo\n');
    await b.folder.rm('f.txt');
    await b.folder.flush();
    await save('one\nsame\ntwo\n');
    await exchange(a, b);
    expect(await b.folder.readFile('f.txt', 'utf8')).toBe('one\nsame\ntwo\n');
    expect(await listing(b)).toEqual(await listing(a));
  });

  test('the same bytes imported on two devices before they meet become one file', async () => {
    const [a, b] = await twoDevices();
    for (const { folder } of [a, b]) {
      const { contentDigest } = await import('../model/index.ts');
      const digest = contentDigest(utf8('same\n'));
      const directory = folder.nodes.importId('d', 'directory', '');
      const id = folder.nodes.importId('d/f', 'file', digest);
      await folder.nodes.apply([
        {
          type: 'create',
          id: directory,
          parent: 'root' as typeof id,
          name: 'd',
          kind: 'directory',
          digest: '',
          imported: true,
        },
        {
          type: 'create',
          id,
          parent: directory,
          name: 'f',
          kind: 'file',
          content: { kind: 'text', text: 'same\n' },
          digest,
          imported: true,
        },
      ]);
    }
    await exchange(a, b);
    expect(await listing(a)).toEqual({ d: '/', 'd/f': 'same\n' });
    expect(await listing(b)).toEqual(await listing(a));
    expect(await a.folder.conflicts()).toEqual([]);
  });

  test('rows beside operations are durable with them', async () => {
    const { folder, store } = await openFolder({ seed: 1, id: ID, name: 'notes' });
    const id = folder.nodes.newNodeId();
    const before = store.batches;
    await folder.nodes.apply(
      [{ type: 'create', id, parent: 'root' as typeof id, name: 'd', kind: 'directory', digest: '' }],
      {
        beside: () => [folder.nodes.row('mirror', 'key', utf8('value'))],
      },
    );
    expect(store.batches).toBe(before + 1);
    const rows: [string, Uint8Array][] = [];
    for await (const row of folder.nodes.rows('mirror')) rows.push(row);
    expect(rows).toEqual([['key', utf8('value')]]);
  });
});
