/** Documents that are open to be typed into. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { documentOf, type FolderId, type NodeId } from '../base/index.ts';
import { ROOT } from '../model/index.ts';
import { type Heads, NO_HEADS } from '../protocol/index.ts';
import type { OpenFile } from './live-documents.ts';
import type { NodeOperation } from './nodes.ts';
import { exchange, listing, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '00112233445566778899aabbccddeeff' as FolderId;

async function folderWith(text: string): Promise<TestFolder> {
  const made = await openFolder({ seed: 1, id: ID, name: 'w' });
  onTestFinished(() => made.state.close());
  await made.folder.writeFile('a.txt', text);
  await made.folder.flush();
  return made;
}

const idOf = ({ state }: TestFolder, name = 'a.txt'): NodeId => state.tree.child(ROOT, name)?.id as NodeId;
const recordsOf = (at: TestFolder, name = 'a.txt'): number =>
  at.state.log.document(documentOf(idOf(at, name)))?.records ?? 0;

/** Batches wait from now on until they are let go, one by one. */
function holdBatches({ store }: TestFolder): { letGo: () => Promise<void>; fail: () => void } {
  const batch = store.batch.bind(store);
  const waiting: (() => void)[] = [];
  let failure: Error | undefined;
  Object.assign(store, {
    batch: async (...args: Parameters<typeof batch>) => {
      if (failure === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
      if (failure !== undefined) throw failure;
      await batch(...args);
    },
  });
  const letGo = async (): Promise<void> => {
    waiting.shift()?.();
    // Whoever waited for it goes on.
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return {
    letGo,
    fail: () => {
      failure = new Error('no room');
      void letGo();
    },
  };
}

describe('what is typed', () => {
  test('is in the file, survives a restart once flushed, and is told as an edit made here', async () => {
    const made = await folderWith('one\n');
    const changes = made.folder.changes();
    const open = await made.folder.openDocument('a.txt');
    expect(open.text.toString()).toBe('one\n');
    open.text.insert(4, 'two\n');
    expect(await made.folder.readFile('a.txt', 'utf8')).toBe('one\ntwo\n');
    expect((await changes.next()).value).toMatchObject({ origin: 'local', type: 'edited', path: 'a.txt' });
    await open.flush();
    const again = await openFolder({ seed: 2, id: ID, rows: new Map(made.store.rows) });
    expect(await again.folder.readFile('a.txt', 'utf8')).toBe('one\ntwo\n');
    expect(await again.folder.verify()).toEqual([]);
  });

  test('in one turn is one record, and while that is on its way to the disk shares the next', async () => {
    const made = await folderWith('');
    const before = recordsOf(made);
    const { text } = await made.folder.openDocument('a.txt');
    const disk = holdBatches(made);
    for (let i = 0; i < 100; i++) text.insert(i, 'x');
    await disk.letGo();
    for (let turn = 0; turn < 20; turn++) {
      text.insert(0, 'y');
      await Promise.resolve();
    }
    for (let times = 0; times < 4; times++) await disk.letGo();
    expect(recordsOf(made) - before).toBe(2);
    expect(await made.folder.readFile('a.txt', 'utf8')).toBe('y'.repeat(20) + 'x'.repeat(100));
  });

  test('is not shown to readers before it is durable', async () => {
    const made = await folderWith('one');
    const { text } = await made.folder.openDocument('a.txt');
    const disk = holdBatches(made);
    text.insert(3, ' two');
    let read: string | undefined;
    const reading = made.folder.readFile('a.txt', 'utf8').then((found) => (read = found));
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(read).toBeUndefined();
    await disk.letGo();
    expect(await reading).toBe('one two');
  });

  test('is in what a reader gets when the document was closed before it was durable', async () => {
    const made = await folderWith('one');
    const open = await made.folder.openDocument('a.txt');
    const disk = holdBatches(made);
    open.text.insert(3, ' two');
    open.close();
    const reading = made.folder.nodes.content(idOf(made));
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    await disk.letGo();
    const found = await reading;
    expect(found?.content).toEqual({ kind: 'text', text: 'one two' });
    expect(new Map(found?.heads)).toEqual(new Map(made.folder.nodes.headsOf(idOf(made))));
  });

  test('goes on reaching a reader while more is typed all the time', async () => {
    const made = await folderWith('');
    const { text } = await made.folder.openDocument('a.txt');
    const found: string[] = [];
    const reading = made.folder.readFile('a.txt', 'utf8').then((read) => found.push(read));
    for (let i = 0; i < 10_000 && found.length === 0; i++) {
      text.insert(0, 'x');
      await Promise.resolve();
    }
    expect(found).toEqual([expect.stringMatching(/^x*$/)]);
    await reading;
  });

  test('brings a file back that was removed meanwhile', async () => {
    const made = await folderWith('one');
    const { text } = await made.folder.openDocument('a.txt');
    await made.folder.rm('a.txt');
    text.insert(3, ' two');
    await made.folder.flush();
    expect(await made.folder.readFile('a.txt', 'utf8')).toBe('one two');
  });

  test('merges with what other devices type, in the open document, too', async () => {
    const made = await folderWith('one three');
    const other = await openFolder({ seed: 5, id: ID });
    await exchange(made, other);
    const here = await made.folder.openDocument('a.txt');
    const there = await other.folder.openDocument('a.txt');
    here.text.insert(0, '> ');
    there.text.insert(4, 'two ');
    await exchange(made, other);
    expect(here.text.toString()).toBe('> one two three');
    expect(there.text.toString()).toBe('> one two three');
  });
});

describe('a document', () => {
  test('is the same for all that have it open, until the last of them closes it', async () => {
    const made = await folderWith('one');
    const [first, second] = await Promise.all([
      made.folder.openDocument('a.txt'),
      made.folder.openDocument('a.txt'),
    ]);
    expect(second.doc).toBe(first.doc);
    first.close();
    first.close();
    second.text.insert(3, '!');
    await second.flush();
    second.close();
    expect(await made.folder.readFile('a.txt', 'utf8')).toBe('one!');
  });

  test('that was closed is nobody else’s: what is typed into it harms nothing', async () => {
    const made = await folderWith('one');
    const stale = await made.folder.openDocument('a.txt');
    stale.text.insert(3, ' two');
    stale.close();
    stale.text.insert(0, 'lost ');
    const fresh = await made.folder.openDocument('a.txt');
    expect(fresh.text.toString()).toBe('one two');
    fresh.text.insert(7, ' three');
    await made.folder.writeFile('a.txt', 'one two three four');
    const other = await openFolder({ seed: 5, id: ID });
    await exchange(made, other);
    expect(await other.folder.readFile('a.txt', 'utf8')).toBe('one two three four');
  });

  test('whose store fails says so, and takes nothing more', async () => {
    const made = await folderWith('one');
    const open = await made.folder.openDocument('a.txt');
    const disk = holdBatches(made);
    open.text.insert(3, ' two');
    const flushed = open.flush();
    disk.fail();
    await expect(flushed).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(await open.failed).toMatchObject({ code: 'STORE_FAILED' });
    open.text.insert(0, 'more');
    await expect(open.flush()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  test('that gets more at once than a record takes says so, and the file stays as it was', async () => {
    const made = await folderWith('one');
    const open = await made.folder.openDocument('a.txt');
    open.text.insert(3, 'x'.repeat(13 * 1024 * 1024));
    await expect(open.flush()).rejects.toMatchObject({ code: 'CONTENT_TOO_LARGE' });
    expect(await made.folder.readFile('a.txt', 'utf8')).toBe('one');
    const again = await made.folder.openDocument('a.txt');
    again.text.insert(3, ' two');
    expect(await made.folder.readFile('a.txt', 'utf8')).toBe('one two');
  });

  test('takes very much in one turn, in records of a bounded size', async () => {
    const made = await folderWith('');
    const { text } = await made.folder.openDocument('a.txt');
    for (let i = 0; i < 6000; i++) text.insert(100 * i, 'x'.repeat(100));
    await made.folder.flush();
    const sizes: number[] = [];
    for await (const { bytes } of made.state.log.read.document(documentOf(idOf(made)), NO_HEADS))
      sizes.push(bytes.byteLength);
    expect(sizes.length).toBeLessThan(6);
    expect(Math.max(...sizes)).toBeLessThan(300_000);
  });

  test('by whoever is told of a save, in the middle of that, is recorded, and what builds on it is shown elsewhere', async () => {
    const made = await folderWith('a\n');
    await made.folder.writeFile('b.txt', 'b\n');
    const other = await openFolder({ seed: 2, id: ID });
    onTestFinished(() => other.state.close());
    const [a, b] = [await made.folder.openDocument('a.txt'), await made.folder.openDocument('b.txt')];
    a.text.observe(() => b.text.insert(0, 'seen\n'));
    await made.folder.writeFile('a.txt', 'a\nmore\n');
    b.text.insert(b.text.length, 'after\n');
    await made.folder.flush();
    await exchange(made, other);
    expect(await other.folder.readFile('b.txt', 'utf8')).toBe('seen\nb\nafter\n');
    const again = await openFolder({ seed: 3, id: ID, rows: new Map(made.store.rows) });
    expect(await again.folder.readFile('b.txt', 'utf8')).toBe('seen\nb\nafter\n');
    expect(await again.folder.verify()).toEqual([]);
  });

  describe('into a file by who is told of another, in the middle of a call', () => {
    /** `seen` is typed into `b.txt` once `a.txt` is saved. */
    async function told(then: (b: OpenFile) => void = () => undefined): Promise<[TestFolder, OpenFile]> {
      const made = await folderWith('a\n');
      await made.folder.writeFile('b.txt', 'b\n');
      const [a, b] = [await made.folder.openDocument('a.txt'), await made.folder.openDocument('b.txt')];
      a.text.observe(() => {
        b.text.insert(0, 'seen\n');
        then(b);
      });
      return [made, b];
    }
    const shownOf = (made: TestFolder, name: string): Heads =>
      made.state.log.assignedHeads(documentOf(idOf(made, name)));
    const save = (
      made: TestFolder,
      name: string,
      text: string,
      shown = shownOf(made, name),
    ): NodeOperation => ({
      ...{ type: 'save', id: idOf(made, name), content: { kind: 'text', text }, shown },
    });

    test('comes along with what that saves, and is not taken for shown', async () => {
      const [made, b] = await told();
      const other = await openFolder({ seed: 2, id: ID });
      onTestFinished(() => other.state.close());
      const before = recordsOf(made, 'b.txt');
      const saves = [save(made, 'a.txt', 'a\nmore\n'), save(made, 'b.txt', 'b\nmore\n')];
      const { heads } = await made.folder.nodes.apply(saves);
      expect(recordsOf(made, 'b.txt')).toBe(before + 1);
      expect(b.text.toString()).toBe('seen\nb\nmore\n');
      // Who saved shows what he saved, and saves that again.
      const shown = heads.get(idOf(made, 'b.txt')) as Heads;
      await made.folder.nodes.apply([save(made, 'b.txt', 'b\nmore\nagain\n', shown)]);
      await exchange(made, other);
      for (const { folder } of [made, other])
        expect(await folder.readFile('b.txt', 'utf8')).toBe('seen\nb\nmore\nagain\n');
    });

    test('was not seen by who removes what he shows: the file stays', async () => {
      const [made] = await told();
      const [id, shown] = [idOf(made, 'b.txt'), shownOf(made, 'b.txt')];
      const saving = save(made, 'a.txt', 'a\nmore\n');
      const { stayed } = await made.folder.nodes.apply([saving, { type: 'removeShown', id, shown }]);
      expect([...stayed]).toEqual([id]);
      await made.folder.flush();
      const again = await openFolder({ seed: 3, id: ID, rows: new Map(made.store.rows) });
      expect(await again.folder.readFile('b.txt', 'utf8')).toBe('seen\nb\n');
      expect(await again.folder.verify()).toEqual([]);
    });

    test('is recorded once that is done, also where the document is flushed and closed there', async () => {
      const flushed: Promise<void>[] = [];
      const [made] = await told((b) => {
        flushed.push(b.flush());
        b.close();
      });
      const remove: NodeOperation = { type: 'remove', ids: [idOf(made, 'a.txt')] };
      await made.folder.nodes.apply([save(made, 'a.txt', 'a\nmore\n'), remove]);
      await Promise.all(flushed);
      const again = await openFolder({ seed: 3, id: ID, rows: new Map(made.store.rows) });
      expect(await listing(again)).toEqual({ 'b.txt': 'seen\nb\n' });
      expect(await again.folder.verify()).toEqual([]);
    });
  });

  test('of a folder that closes is told', async () => {
    const made = await folderWith('one');
    const open = await made.folder.openDocument('a.txt');
    made.state.close();
    expect(await open.failed).toMatchObject({ code: 'STORE_CLOSED' });
  });
});

test('what cannot be typed into is not opened', async () => {
  const made = await folderWith('one');
  await made.folder.mkdir('d');
  await made.folder.writeFile('b.bin', Uint8Array.of(0, 1, 2));
  await expect(made.folder.openDocument('none.txt')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
  await expect(made.folder.openDocument('d')).rejects.toMatchObject({ code: 'PATH_IS_DIRECTORY' });
  await expect(made.folder.openDocument('')).rejects.toMatchObject({ code: 'PATH_IS_DIRECTORY' });
  await expect(made.folder.openDocument('b.bin')).rejects.toMatchObject({ code: 'PATH_INVALID' });
});
