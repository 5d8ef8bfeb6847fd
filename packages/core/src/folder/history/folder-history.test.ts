import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, test } from 'vitest';
import { documentOf, type FolderId, fromUtf8, utf8 } from '../../base/index.ts';
import type { AuthorId } from '../../base/index.ts';
import { NO_HEADS } from '../../protocol/index.ts';
import { EAGER, exchange, listing, openFolder, type TestFolder } from '../../testing/open-folder.ts';
import type { FileDiff } from './file-diff.ts';
import type { FileVersion } from './file-version.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const MINUTE = 60_000;

async function newFolder(): Promise<TestFolder & { readonly clock: VirtualClock }> {
  const clock = new VirtualClock();
  return { clock, ...(await openFolder({ seed: 1, id: ID, name: 'notes', clock, policy: EAGER })) };
}

async function twoDevices(): Promise<[TestFolder, TestFolder, VirtualClock]> {
  const a = await newFolder();
  const b = await openFolder({ seed: 2, id: ID, clock: a.clock });
  await exchange(a, b);
  return [a, b, a.clock];
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.of(0, ...values);

const textsOf = async (
  { folder }: TestFolder,
  path: string,
  versions: readonly FileVersion[],
): Promise<unknown[]> => {
  const texts: unknown[] = [];
  for (const version of versions) texts.push(fromUtf8(await folder.readVersion(path, version)));
  return texts;
};

describe('versions of a file', () => {
  test('are what it held, the last first, with who made each, when, and how large it is', async () => {
    const { folder, state, clock } = await newFolder();
    await folder.writeFile('a.md', 'one\n');
    clock.advance(MINUTE);
    await folder.writeFile('a.md', 'one\nzwölf\n');
    const versions = await folder.versions('a.md');
    expect(await textsOf({ folder } as TestFolder, 'a.md', versions)).toEqual(['one\nzwölf\n', 'one\n']);
    const now = clock.now();
    const { device } = state;
    expect(versions).toMatchObject([
      { time: now, device, kind: 'text', size: 11 },
      { time: now - MINUTE, device, kind: 'text', size: 4 },
    ]);
    expect(new Set(versions.map(({ id }) => id)).size).toBe(2);
  });

  test('take together what one device wrote without a pause, and one by one with all', async () => {
    const { folder, clock } = await newFolder();
    await folder.writeFile('a.md', '');
    const open = await folder.openDocument('a.md');
    for (const letter of 'typed') {
      open.text.insert(open.text.length, letter);
      await open.flush();
      clock.advance(1000);
    }
    clock.advance(MINUTE);
    open.text.insert(5, ' later');
    open.close();
    const versions = await folder.versions('a.md');
    expect(await textsOf({ folder } as TestFolder, 'a.md', versions)).toEqual(['typed later', 'typed']);
    expect(await folder.versions('a.md', { all: true })).toHaveLength(6);
  });

  test('begin anew after five minutes of typing', async () => {
    const { folder, clock } = await newFolder();
    for (let i = 0; i <= 60; i++) {
      await folder.writeFile('a.md', 'x'.repeat(i + 1));
      clock.advance(9000);
    }
    // A record each nine seconds: 34 of them lie within five minutes of the first.
    expect((await folder.versions('a.md')).map(({ size }) => size)).toEqual([61, 34]);
  });

  test('are read alike on a device that got everything in another order', async () => {
    const [a, b, clock] = await twoDevices();
    await a.folder.writeFile('a.md', 'one\ntwo\nthree\n');
    await exchange(a, b);
    clock.advance(MINUTE);
    await a.folder.writeFile('a.md', 'ONE\ntwo\nthree\n');
    await b.folder.writeFile('a.md', 'one\ntwo\nTHREE\n');
    await exchange(a, b);
    const [ofA, ofB] = [await a.folder.versions('a.md'), await b.folder.versions('a.md')];
    expect(await textsOf(a, 'a.md', ofA)).toEqual([
      'ONE\ntwo\nTHREE\n',
      'ONE\ntwo\nthree\n',
      'one\ntwo\nthree\n',
    ]);
    expect(await textsOf(b, 'a.md', ofB)).toEqual([
      'ONE\ntwo\nTHREE\n',
      'one\ntwo\nTHREE\n',
      'one\ntwo\nthree\n',
    ]);
    expect(await textsOf(a, 'a.md', ofB)).toEqual(await textsOf(b, 'a.md', ofB));
    expect(await textsOf(b, 'a.md', ofA)).toEqual(await textsOf(a, 'a.md', ofA));
  });

  test('of contents that are no text are all listed, also those that were never shown here', async () => {
    const [a, b, clock] = await twoDevices();
    await a.folder.writeFile('logo.png', bytes(1));
    await exchange(a, b);
    clock.advance(MINUTE);
    await a.folder.writeFile('logo.png', bytes(2));
    await b.folder.writeFile('logo.png', bytes(3, 3));
    await exchange(a, b);
    for (const { folder } of [a, b]) {
      const versions = await folder.versions('logo.png');
      const contents = await Promise.all(versions.map((version) => folder.readVersion('logo.png', version)));
      expect(new Set(contents.map(String))).toEqual(new Set([bytes(1), bytes(2), bytes(3, 3)].map(String)));
      expect(versions.every(({ kind }) => kind === 'blob')).toBe(true);
    }
  });

  test('of a file that was removed are those of the one that was there last', async () => {
    const { folder, clock } = await newFolder();
    await folder.writeFile('a.md', 'one\n');
    await folder.rm('a.md');
    clock.advance(MINUTE);
    await folder.writeFile('a.md', 'two\n');
    await folder.rm('a.md');
    const versions = await folder.versions('a.md');
    expect(await textsOf({ folder } as TestFolder, 'a.md', versions)).toEqual(['two\n']);
  });

  test('survive compaction and a restart', async () => {
    const { folder, clock, store, compactor, state } = await newFolder();
    for (const text of ['1\n', '1\n2\n', '2\n3\n', '4\n']) {
      await folder.writeFile('a.md', text);
      await folder.flush();
      clock.advance(MINUTE);
    }
    const versions = await folder.versions('a.md');
    await compactor.idle();
    expect(state.log.document(documentOf((await folder.stat('a.md')).id))?.compacted).toBeDefined();
    const again = await openFolder({ seed: 3, id: ID, rows: store.rows });
    expect(await again.folder.versions('a.md')).toEqual(versions);
    expect(await textsOf(again, 'a.md', versions)).toEqual(['4\n', '2\n3\n', '1\n2\n', '1\n']);
  });

  test('are asked for by a path that leads to a file, and by heads that it had', async () => {
    const { folder } = await newFolder();
    await folder.writeFile('d/a.md', 'one\n');
    await folder.writeFile('d/b.md', 'two\n');
    await expect(folder.versions('d')).rejects.toMatchObject({ code: 'PATH_IS_DIRECTORY' });
    await expect(folder.versions('')).rejects.toMatchObject({ code: 'PATH_IS_DIRECTORY' });
    await expect(folder.versions('d/none')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    const [ofB] = (await folder.versions('d/b.md')) as [FileVersion];
    const unknown = new Map([[`${'a'.repeat(32)}.${'b'.repeat(16)}` as AuthorId, 1]]);
    for (const version of [ofB, { heads: NO_HEADS }, { heads: unknown }, { heads: ofB.heads, other: 'text' }])
      await expect(folder.readVersion('d/a.md', version)).rejects.toMatchObject({
        code: 'VERSION_NOT_FOUND',
      });
  });
});

describe('the difference of two versions', () => {
  const shownOf = ({ hunks }: FileDiff): string[][] =>
    hunks.map(({ lines }) => lines.map(({ kind, text }) => `${kind} ${text.trimEnd()}`));

  test('is by default what the last one changed, and of the first one all that it holds', async () => {
    const { folder, clock } = await newFolder();
    await folder.writeFile('a.md', 'one\n');
    const first = await folder.diff('a.md');
    expect(first).toMatchObject({ from: undefined, kind: 'text', same: false });
    expect(shownOf(first)).toEqual([['added one']]);
    clock.advance(MINUTE);
    await folder.writeFile('a.md', 'one\ntwo\n');
    clock.advance(MINUTE);
    await folder.writeFile('a.md', 'ONE\ntwo\n');
    const [c, b, a] = (await folder.versions('a.md')) as [FileVersion, FileVersion, FileVersion];
    const last = await folder.diff('a.md');
    expect(last).toMatchObject({ from: b, to: c });
    expect(shownOf(last)).toEqual([['removed one', 'added ONE', 'same two']]);
    expect(shownOf(await folder.diff('a.md', { from: a }))).toEqual([
      ['removed one', 'added ONE', 'added two'],
    ]);
    const before = await folder.diff('a.md', { to: b });
    expect(before).toMatchObject({ from: a, to: b });
    expect(await folder.diff('a.md', { from: b, to: b })).toMatchObject({ same: true, hunks: [] });
    await folder.rm('a.md');
    expect(await folder.diff('a.md', { to: b })).toEqual(before);
  });

  test('has no lines where one of the two is no text', async () => {
    const { folder, clock } = await newFolder();
    await folder.writeFile('a', bytes(1));
    clock.advance(MINUTE);
    await folder.writeFile('a', 'text\n');
    expect(await folder.diff('a')).toMatchObject({ kind: 'blob', same: false, hunks: [] });
    const [shown] = (await folder.versions('a')) as [FileVersion];
    expect(await folder.diff('a', { from: shown, to: shown })).toMatchObject({ kind: 'text', same: true });
  });

  test('is found of a step that is no version by itself, and of none that the file never had', async () => {
    const { folder, clock } = await newFolder();
    for (const text of ['1\n', '2\n', '3\n']) {
      await folder.writeFile('a.md', text);
      clock.advance(1000);
    }
    const [, two, one] = (await folder.versions('a.md', { all: true })) as [
      FileVersion,
      FileVersion,
      FileVersion,
    ];
    expect(await folder.diff('a.md', { to: two })).toMatchObject({ from: one, to: two });
    const asked = [
      { from: { heads: NO_HEADS } },
      { to: { heads: NO_HEADS } },
      { to: two, from: { ...one, other: 'text' } },
    ];
    for (const options of asked)
      await expect(folder.diff('a.md', options)).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
    await expect(folder.diff('none')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(folder.diff('')).rejects.toMatchObject({ code: 'PATH_IS_DIRECTORY' });
  });
});

test('while a history is read, what is done in the folder does not wait for it', async () => {
  const { folder, clock } = await newFolder();
  for (let i = 0; i < 50; i++) {
    await folder.writeFile('a.md', `${i}\n`);
    clock.advance(MINUTE);
  }
  await folder.flush();
  const [, first] = (await folder.versions('a.md')) as [FileVersion, FileVersion];
  const order: string[] = [];
  const noted = (what: string, call: Promise<unknown>): Promise<unknown> => call.then(() => order.push(what));
  await Promise.all([
    noted('versions', folder.versions('a.md')),
    noted('read', folder.readVersion('a.md', first)),
    noted('diff', folder.diff('a.md')),
    noted('write', folder.writeFile('b.md', 'b\n')),
  ]);
  expect(order[0]).toBe('write');
});

describe('bringing back a version', () => {
  async function withTwoVersions(): Promise<{
    shown: TestFolder;
    folder: TestFolder['folder'];
    first: FileVersion;
  }> {
    const shown = await newFolder();
    const { folder, clock } = shown;
    await folder.writeFile('a.md', 'one\n');
    clock.advance(MINUTE);
    await folder.writeFile('a.md', 'two\n');
    const [, first] = (await folder.versions('a.md')) as [FileVersion, FileVersion];
    return { shown, folder, first };
  }

  test('is an edit: what others wrote meanwhile stays', async () => {
    const [a, b, clock] = await twoDevices();
    await a.folder.writeFile('a.md', 'one\ntwo\nthree\n');
    clock.advance(MINUTE);
    await a.folder.writeFile('a.md', 'one\nthree\n');
    await exchange(a, b);
    const [, first] = (await a.folder.versions('a.md')) as [FileVersion, FileVersion];
    await b.folder.writeFile('a.md', 'one\nthree\nfour\n');
    expect(await a.folder.restore('a.md', { version: first })).toBe('a.md');
    expect(await a.folder.readFile('a.md', 'utf8')).toBe('one\ntwo\nthree\n');
    await exchange(a, b);
    for (const { folder } of [a, b])
      expect(await folder.readFile('a.md', 'utf8')).toBe('one\ntwo\nthree\nfour\n');
  });

  test('of what is no text is a version more, and of what is shown already nothing', async () => {
    const { folder, state, clock } = await newFolder();
    await folder.writeFile('logo.png', bytes(1));
    clock.advance(MINUTE);
    await folder.writeFile('logo.png', bytes(2));
    clock.advance(MINUTE);
    const [now, first] = (await folder.versions('logo.png')) as [FileVersion, FileVersion];
    await folder.restore('logo.png', { version: first });
    expect(await folder.readFile('logo.png')).toEqual(bytes(1));
    expect(await folder.versions('logo.png')).toHaveLength(3);
    await folder.restore('logo.png', { version: now });
    await folder.flush();
    const { seq } = state.log.position;
    await folder.restore('logo.png', { version: now });
    await folder.flush();
    expect(state.log.position.seq).toBe(seq);
  });

  test('to another path makes a new file, and leaves this one alone', async () => {
    const { shown, folder, first } = await withTwoVersions();
    expect(await folder.restore('a.md', { version: first, to: 'old/a.md' })).toBe('old/a.md');
    const expected = { 'a.md': 'two\n', old: '/', 'old/a.md': 'one\n' };
    expect(await listing(shown)).toEqual(expected);
    await expect(folder.restore('a.md', { version: first, to: 'old' })).rejects.toMatchObject({
      code: 'PATH_EXISTS',
    });
    await expect(folder.restore('a.md', { to: 'x' })).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    expect(await listing(shown)).toEqual(expected);
  });

  test('of a file that was removed revives it with that content', async () => {
    const shown = await newFolder();
    const { folder, clock } = shown;
    await folder.writeFile('d/a.md', 'one\n');
    const { id } = await folder.stat('d/a.md');
    clock.advance(MINUTE);
    await folder.writeFile('d/a.md', 'two\n');
    await folder.rm('d', { recursive: true });
    const [, first] = (await folder.versions('d/a.md')) as [FileVersion, FileVersion];
    expect(await folder.restore('d/a.md', { version: first })).toBe('d/a.md');
    expect(await listing(shown)).toEqual({ d: '/', 'd/a.md': 'one\n' });
    expect((await folder.stat('d/a.md')).id).toBe(id);
  });

  test('goes to the file wherever that is when it was read', async () => {
    const { shown, folder, first } = await withTwoVersions();
    const [where] = await Promise.all([
      folder.restore('a.md', { version: first }),
      folder.rename('a.md', 'b.md'),
    ]);
    expect(where).toBe('b.md');
    expect(await listing(shown)).toEqual({ 'b.md': 'one\n' });
    await Promise.all([folder.restore('b.md', { version: first }), folder.rm('b.md')]);
    expect(await listing(shown)).toEqual({ 'b.md': 'one\n' });
  });

  test('whose bytes are not here says so, and works when they came', async () => {
    const [a, b, clock] = await twoDevices();
    await a.folder.writeFile('logo.png', bytes(1));
    clock.advance(MINUTE);
    await a.folder.writeFile('logo.png', bytes(2));
    await exchange(a, b);
    const [, first] = (await b.folder.versions('logo.png')) as [FileVersion, FileVersion];
    const lost = [...b.store.rows.keys()].filter((key) => key.startsWith('blob/'));
    const kept = new Map(lost.map((key) => [key, b.store.rows.get(key) as Uint8Array]));
    for (const key of lost) b.store.rows.delete(key);
    for (const asked of [
      b.folder.readVersion('logo.png', first),
      b.folder.restore('logo.png', { version: first }),
    ])
      await expect(asked).rejects.toMatchObject({ code: 'CONTENT_NOT_HERE', retryable: true });
    for (const [key, value] of kept) b.store.rows.set(key, value);
    await b.folder.restore('logo.png', { version: first });
    expect(await b.folder.readFile('logo.png')).toEqual(bytes(1));
  });
});

describe('the trash', () => {
  test('lists what was removed, where it was, by whom and when; a directory is one entry', async () => {
    const [a, b, clock] = await twoDevices();
    await a.folder.writeFile('d/e/f', 'f\n');
    await a.folder.writeFile('d/g', 'g\n');
    await a.folder.writeFile('h', 'h\n');
    await exchange(a, b);
    await b.folder.rm('d/g');
    await exchange(a, b);
    clock.advance(MINUTE);
    await a.folder.rm('h');
    await exchange(a, b);
    clock.advance(MINUTE);
    await a.folder.rm('d', { recursive: true });
    await exchange(a, b);
    const now = clock.now();
    for (const { folder } of [a, b]) {
      expect(await folder.trash()).toMatchObject([
        { path: 'd', kind: 'directory', count: 3, device: a.state.device, time: now },
        { path: 'h', kind: 'file', count: 1, device: a.state.device, time: now - MINUTE },
        { path: 'd/g', kind: 'file', count: 1, device: b.state.device, time: now - 2 * MINUTE },
      ]);
    }
  });

  test('gives back a directory with all that went with it, and nothing that had gone before', async () => {
    const shown = await newFolder();
    const { folder } = shown;
    await folder.writeFile('d/e/f', 'f\n');
    await folder.writeFile('d/g', 'g\n');
    await folder.rm('d/g');
    await folder.rm('d', { recursive: true });
    expect(await folder.restore('d')).toBe('d');
    expect(await listing(shown)).toEqual({ d: '/', 'd/e': '/', 'd/e/f': 'f\n' });
    expect(await folder.trash()).toMatchObject([{ path: 'd/g' }]);
    await expect(folder.restore('d')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await folder.restore('d/g');
    expect(await folder.trash()).toEqual([]);
  });

  test('gives back a file beside the one that has its name now, or elsewhere', async () => {
    const shown = await newFolder();
    const { folder } = shown;
    await folder.writeFile('a', 'one\n');
    await folder.rm('a');
    await folder.writeFile('a', 'two\n');
    await folder.rm('a');
    await folder.writeFile('a', 'three\n');
    const [, first] = await folder.trash();
    const beside = await folder.restore('a', { id: first?.id });
    expect(beside).not.toBe('a');
    expect(await folder.restore('a', { to: 'b/c' })).toBe('b/c');
    expect(await listing(shown)).toEqual({ a: 'three\n', [beside]: 'one\n', b: '/', 'b/c': 'two\n' });
  });

  test('gives back elsewhere what went with a directory, and leaves nothing of that', async () => {
    const shown = await newFolder();
    const { folder } = shown;
    for (const path of ['d/a', 'd/b', 'd/e/c', 'd/e/f/g']) await folder.writeFile(path, `${path}\n`);
    await folder.rm('d', { recursive: true });
    expect(await folder.restore('d/a', { to: 'x' })).toBe('x');
    expect(await listing(shown)).toEqual({ x: 'd/a\n' });
    expect(await folder.restore('d/e', { to: 'y' })).toBe('y');
    const y = { y: '/', 'y/c': 'd/e/c\n', 'y/f': '/', 'y/f/g': 'd/e/f/g\n' };
    expect(await listing(shown)).toEqual({ x: 'd/a\n', ...y });
    expect(await folder.restore('d/b', { to: 'd/z' })).toBe('d/z');
    expect(await listing(shown)).toEqual({ x: 'd/a\n', ...y, d: '/', 'd/z': 'd/b\n' });
  });

  test('gives back a directory out of one with all that was in it', async () => {
    const shown = await newFolder();
    const { folder } = shown;
    for (const path of ['d/a', 'd/e/b', 'd/e/f/c', 'd/e/g']) await folder.writeFile(path, `${path}\n`);
    await folder.rm('d/e/g');
    await folder.rm('d', { recursive: true });
    expect(await folder.restore('d/e')).toBe('d/e');
    const e = { 'd/e': '/', 'd/e/b': 'd/e/b\n', 'd/e/f': '/', 'd/e/f/c': 'd/e/f/c\n' };
    expect(await listing(shown)).toEqual({ d: '/', ...e });
    expect((await folder.trash()).map(({ path }) => path).sort()).toEqual(['d/a', 'd/e/g']);
  });

  test('keeps what cannot go where it is wanted, and nothing else is done', async () => {
    const shown = await newFolder();
    const { folder, state } = shown;
    for (const path of ['Docs/a', 'b', 'e/f']) await folder.writeFile(path, `${path}\n`);
    await folder.rm('b');
    await folder.rm('e', { recursive: true });
    await folder.flush();
    const { seq } = state.log.position;
    for (const path of ['b', 'e'])
      await expect(folder.restore(path, { to: 'docs/b' })).rejects.toMatchObject({
        code: 'PATH_EXISTS',
        details: { path: 'Docs' },
      });
    await folder.flush();
    expect(state.log.position.seq).toBe(seq);
    expect((await folder.trash()).map(({ path }) => path)).toEqual(['e', 'b']);
  });

  test('does not list what an unseen edit kept', async () => {
    const [a, b] = await twoDevices();
    await a.folder.writeFile('d/f', 'f\n');
    await a.folder.writeFile('d/g', 'g\n');
    await exchange(a, b);
    await b.folder.writeFile('d/f', 'f\nmore\n');
    await a.folder.rm('d', { recursive: true });
    await exchange(a, b);
    for (const device of [a, b]) {
      expect(await listing(device)).toEqual({ d: '/', 'd/f': 'f\nmore\n' });
      expect(await device.folder.trash()).toMatchObject([{ path: 'd/g' }]);
    }
  });

  test('is empty in a folder where nothing was removed, and refused before it has arrived', async () => {
    const { folder } = await newFolder();
    await folder.writeFile('a', utf8('a'));
    expect(await folder.trash()).toEqual([]);
    const other = await openFolder({ seed: 4, id: ID });
    for (const asked of [other.folder.trash(), other.folder.restore('a')])
      await expect(asked).rejects.toMatchObject({ code: 'FOLDER_NOT_READY' });
  });
});
