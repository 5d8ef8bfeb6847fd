/** Devices that hold a folder's tree, and of what files hold only what was asked for, at a relay that knows nothing of that. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathTo } from 'node:path';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import {
  type BlobStore,
  type BodyPolicy,
  type Folder,
  type Link,
  openReplica,
  type Replica,
  type Store,
} from '@evermesh/core';
import { openMirror } from '@evermesh/mirror';
import { allowEveryone, openRelay, type Relay } from '@evermesh/server';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

const NOT_HERE = { code: 'CONTENT_NOT_HERE' };
let relay: Relay;
let atRelay: BlobStore;

beforeEach(async () => {
  atRelay = memoryBlobs();
  relay = await openRelay({
    store: memoryStore(),
    blobs: atRelay,
    listen: { host: '127.0.0.1', port: 0 },
    authorizer: allowEveryone,
    compaction: { runner: threadCompaction() },
  });
  return () => relay.close();
});

interface Device {
  readonly replica: Replica;
  readonly link: Link;
  readonly folder: Folder;
}

async function open(bodies: BodyPolicy, store: Store = memoryStore()): Promise<Replica> {
  const replica = await openReplica({ store, blobs: memoryBlobs(), bodies: () => bodies });
  onTestFinished(() => replica.close());
  return replica;
}

const connect = (replica: Replica): Link => replica.connect(webSocketTransport(relay.url));

/** With these files, at the relay. */
async function author(files: Readonly<Record<string, string | Uint8Array>>): Promise<Device> {
  const replica = await open('all');
  const folder = await replica.createFolder({ name: 'notes' });
  for (const [path, data] of Object.entries(files)) await folder.writeFile(path, data);
  await folder.flush();
  const link = connect(replica);
  await link.whenSynced();
  return { replica, link, folder };
}

async function join({ folder: { id } }: Device, bodies: BodyPolicy, store?: Store): Promise<Device> {
  const replica = await open(bodies, store);
  const folder = await replica.joinFolder(id);
  const link = connect(replica);
  await folder.whenReady();
  await link.whenSynced();
  return { replica, link, folder };
}

async function write({ folder, link }: Device, path: string, data: string | Uint8Array): Promise<void> {
  await folder.writeFile(path, data);
  await folder.flush();
  await link.whenSynced();
}

/** Resolves when a device shows what another one did. */
async function shows({ folder, link }: Device, path: string, text: string): Promise<void> {
  for await (const _ of folder.changes()) {
    await link.whenSynced();
    if ((await folder.readFile(path, 'utf8')) === text) return;
  }
}

/** Resolves when somebody edited something. */
async function edit(folder: Folder): Promise<void> {
  for await (const { type } of folder.changes()) if (type === 'edited') return;
}

const hereOf = async (folder: Folder, path = ''): Promise<Record<string, boolean>> =>
  Object.fromEntries((await folder.list(path)).map(({ name, isHere }) => [name, isHere]));

describe('a device that fetches what is used', () => {
  test('is in step with the tree alone, says what is not here, and fetches what is read', async () => {
    const ada = await author({ 'a.md': 'one\n', 'b.md': 'two\n', empty: '' });
    const ben = await join(ada, 'used');
    expect(ben.link.folders()).toMatchObject([{ isSynced: true, owedDocuments: 0, leftDocuments: 2 }]);
    expect(await hereOf(ben.folder)).toEqual({ 'a.md': false, 'b.md': false, empty: true });
    expect(await ben.replica.pending(ada.folder.id, relay.url)).toEqual({ toRelay: 0, fromRelay: 0 });

    expect(await ben.folder.readFile('a.md', 'utf8')).toBe('one\n');
    expect(await hereOf(ben.folder)).toEqual({ 'a.md': true, 'b.md': false, empty: true });
    expect(ben.link.folders()).toMatchObject([{ isSynced: true, leftDocuments: 1 }]);
  });

  test('keeps in step what is here, and stores nothing of what is not', async () => {
    const ada = await author({ 'a.md': 'one\n', 'b.md': 'two\n' });
    const ben = await join(ada, 'used');
    await ben.folder.fetch('a.md');
    const came = shows(ben, 'a.md', 'one more\n');
    await write(ada, 'b.md', 'two more\n');
    await write(ada, 'c.md', 'three\n');
    await write(ada, 'a.md', 'one more\n');
    await came;
    expect(await hereOf(ben.folder)).toEqual({ 'a.md': true, 'b.md': false, 'c.md': false });
    const { id } = await ben.folder.stat('b.md');
    expect(ben.folder.nodes.headsOf(id).size).toBe(0);
    expect(await ben.folder.readFile('b.md', 'utf8')).toBe('two more\n');
    expect(await ben.folder.readFile('c.md', 'utf8')).toBe('three\n');
  });

  test('opens a document that is not here, and types into it', async () => {
    const ada = await author({ 'a.md': 'one\n' });
    const ben = await join(ada, 'used');
    const today = await ben.folder.openDocument('a.md');
    today.text.insert(0, 'zero\n');
    await today.flush();
    today.close();
    await ben.link.whenSynced();
    await ada.link.whenSynced();
    expect(await ben.folder.readFile('a.md', 'utf8')).toBe('zero\none\n');
  });

  test('offline says by code what is not here, writes nothing over it, and works on with the tree', async () => {
    const ada = await author({ 'a.md': 'one\n', 'b.md': 'two\n', 'd/c.md': 'three\n' });
    const ben = await join(ada, 'used');
    await ben.link.close();
    await expect(ben.folder.readFile('a.md')).rejects.toMatchObject(NOT_HERE);
    await expect(ben.folder.fetch('')).rejects.toMatchObject(NOT_HERE);
    await expect(ben.folder.openDocument('a.md')).rejects.toMatchObject(NOT_HERE);
    await expect(ben.folder.writeFile('a.md', 'mine\n')).rejects.toMatchObject(NOT_HERE);
    await expect(ben.folder.versions('a.md')).rejects.toMatchObject(NOT_HERE);
    await expect(ben.folder.copy('a.md', 'copy.md')).rejects.toMatchObject(NOT_HERE);
    await ben.folder.rename('a.md', 'd/moved.md');
    await ben.folder.rm('b.md');
    await ben.folder.rename('d', 'e');
    await ben.folder.flush();
    const again = connect(ben.replica);
    await again.whenSynced();
    // Asked for while nobody was there, it came by itself.
    expect(await hereOf(ben.folder, 'e')).toEqual({ 'c.md': true, 'moved.md': true });
    expect(await ben.folder.readFile('e/moved.md', 'utf8')).toBe('one\n');
    expect(await ben.folder.verify()).toEqual([]);
  });

  test('is told when the last link ends while it waits', async () => {
    const ada = await author({ 'a.md': 'one\n' });
    const ben = await join(ada, 'used');
    const fetching = ben.folder.fetch('a.md');
    const closing = ben.link.close();
    await expect(fetching).rejects.toMatchObject(NOT_HERE);
    await closing;
  });

  test('is told what nobody can give, once all the rest of it is here', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i === 0 ? 0xff : i % 251));
    const ada = await author({ 'd/a.bin': bytes, 'd/b.md': 'two\n', 'd/c.md': 'three\n' });
    const content = await ada.folder.nodes.content((await ada.folder.stat('d/a.bin')).id);
    if (content?.content.kind !== 'blob') throw new TypeError('it is no text');
    await ada.link.close();
    const ben = await join(ada, 'used');
    await atRelay.delete(content.content.name);
    await expect(ben.folder.fetch('d')).rejects.toMatchObject({ ...NOT_HERE, details: { path: 'd/a.bin' } });
    expect(await hereOf(ben.folder, 'd')).toEqual({ 'a.bin': false, 'b.md': true, 'c.md': true });

    // Whoever has it brings it, and whoever waits is told.
    const again = connect(ada.replica);
    await again.whenSynced();
    await expect(ben.folder.readFile('d/a.bin')).resolves.toHaveLength(bytes.byteLength);
  });

  test('waits no longer than its signal', async () => {
    const ada = await author({ 'a.md': 'one\n' });
    const ben = await join(ada, 'used');
    const reason = new Error('enough');
    await expect(ben.folder.fetch('a.md', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const ending = new AbortController();
    const fetching = ben.folder.fetch('a.md', { signal: ending.signal });
    ending.abort(reason);
    await expect(fetching).rejects.toBe(reason);
  });

  test('fetches of contents that are no text the shown version alone', async () => {
    const bytes = (first: number): Uint8Array => Uint8Array.of(first, 0, 1, 2, 3);
    const ada = await author({ 'a.bin': bytes(1) });
    await write(ada, 'a.bin', bytes(2));
    const ben = await join(ada, 'used');
    expect(await hereOf(ben.folder)).toEqual({ 'a.bin': false });
    expect(await ben.folder.readFile('a.bin')).toEqual(bytes(2));
    expect(await hereOf(ben.folder)).toEqual({ 'a.bin': true });
    expect(ben.link.folders()).toMatchObject([{ isSynced: true, wantedBlobs: 0, leftBlobs: 1 }]);

    // Of what comes later the record is here, and its bytes when they are read.
    const edited = edit(ben.folder);
    await write(ada, 'a.bin', bytes(3));
    await edited;
    expect(await hereOf(ben.folder)).toEqual({ 'a.bin': false });
    expect(await ben.folder.readFile('a.bin')).toEqual(bytes(3));
  });

  test('fetches a large content when it is read, and not the versions before it', async () => {
    const large = (first: number): Uint8Array =>
      Uint8Array.from({ length: 600_000 }, (_, i) => (i === 0 ? 0xff : (i * i * first) >> 7));
    const ada = await author({ 'a.bin': large(3) });
    await write(ada, 'a.bin', large(5));
    await write(ada, 'a.bin', large(7));
    const ben = await join(ada, 'used');
    expect(Buffer.compare(await ben.folder.readFile('a.bin'), large(7))).toBe(0);
    expect(ben.link.folders()).toMatchObject([{ isSynced: true, wantedBlobs: 0, leftBlobs: 2 }]);
    expect(await hereOf(ben.folder)).toEqual({ 'a.bin': true });
  });

  test('fetches everything once it is opened to, also what it left before', async () => {
    const bytes = (first: number): Uint8Array => Uint8Array.of(first, 0, 1, 2, 3);
    const ada = await author({ 'a.md': 'one\n', 'b.bin': bytes(1), 'c.bin': bytes(7) });
    await write(ada, 'b.bin', bytes(2));
    const store = memoryStore();
    const ben = await join(ada, 'used', store);
    await ben.folder.fetch('b.bin');
    await ben.replica.close();

    const replica = await open('all', store);
    const folder = await replica.folder(ada.folder.id);
    const link = connect(replica);
    await link.whenSynced();
    expect(link.folders()).toMatchObject([
      { owedDocuments: 0, wantedBlobs: 0, leftDocuments: 0, leftBlobs: 0 },
    ]);
    await link.close();
    expect(await folder.readFile('a.md', 'utf8')).toBe('one\n');
    expect(await folder.readFile('b.bin')).toEqual(bytes(2));
    expect(await folder.readFile('c.bin')).toEqual(bytes(7));
  });
});

describe('a device that fetches directories', () => {
  test('has what lies in them, what is made in them, and what is moved into them', async () => {
    const ada = await author({
      'in/a.md': 'one\n',
      'in/deep/b.md': 'two\n',
      'out/c.md': 'three\n',
      'd.md': '4\n',
    });
    const ben = await join(ada, { directories: ['in', 'not there'] });
    expect(await hereOf(ben.folder, 'in')).toEqual({ 'a.md': true, deep: true });
    expect(await hereOf(ben.folder, 'in/deep')).toEqual({ 'b.md': true });
    expect(await hereOf(ben.folder, 'out')).toEqual({ 'c.md': false });

    await ada.folder.writeFile('in/new.bin', Uint8Array.of(0, 1));
    await ada.folder.rename('out', 'in/out');
    const came = shows(ben, 'in/e.md', 'five\n');
    await write(ada, 'in/e.md', 'five\n');
    await came;
    await ben.link.close();
    expect(await hereOf(ben.folder, 'in')).toMatchObject({ 'new.bin': true, 'e.md': true });
    expect(await hereOf(ben.folder, 'in/out')).toEqual({ 'c.md': true });
    expect(await ben.folder.readFile('in/new.bin')).toEqual(Uint8Array.of(0, 1));
    expect(await hereOf(ben.folder)).toEqual({ 'd.md': false, in: true });
  });

  test('has everything where the root is one', async () => {
    const ada = await author({ 'a.md': 'one\n', 'd/b.md': 'two\n' });
    const ben = await join(ada, { directories: [''] });
    expect(ben.link.folders()).toMatchObject([{ leftDocuments: 0 }]);
    expect(await hereOf(ben.folder, 'd')).toEqual({ 'b.md': true });
  });
});

describe('a removal by somebody who has no body', () => {
  test('removes what he was told of, and nothing that was written where he was not told', async () => {
    const ada = await author({ 'told.md': 'one\n', 'untold.md': 'two\n', 'd/untold.md': 'three\n' });
    const ben = await join(ada, 'used');
    // Ada writes where nobody hears of it; what was at the relay before, ben was told of.
    await write(ada, 'told.md', 'one more\n');
    await ben.link.whenSynced();
    await ada.link.close();
    await ada.folder.writeFile('untold.md', 'two more\n');
    await ada.folder.writeFile('d/untold.md', 'three more\n');
    await ada.folder.writeFile('d/new.md', 'four\n');
    await ada.folder.flush();
    for (const path of ['told.md', 'untold.md', 'd']) await ben.folder.rm(path, { recursive: true });
    expect(await ben.folder.readdir('')).toEqual([]);
    await ben.folder.flush();
    await ben.link.whenSynced();

    const again = connect(ada.replica);
    await again.whenSynced();
    for (const { folder, link } of [ada, ben]) {
      // What Ada's link has put is on its way to Ben, whose link knows nothing of it yet.
      await expect.poll(() => folder.readdir('')).toEqual(['d', 'untold.md']);
      if (folder === ben.folder) await link.whenSynced();
      expect(await folder.readdir('d')).toEqual(['new.md', 'untold.md']);
      expect(await folder.readFile('untold.md', 'utf8')).toBe('two more\n');
      expect(await folder.readFile('d/untold.md', 'utf8')).toBe('three more\n');
    }
  });
});

test('data of applications is there whatever is left', async () => {
  const ada = await author({ 'a.md': 'one\n' });
  using board = await ada.folder.documents.open('board');
  board.doc.getMap('settings').set('title', 'mine');
  await board.flush();
  await ada.link.whenSynced();
  const ben = await join(ada, 'used');
  await ben.link.close();
  using bens = await ben.folder.documents.open('board');
  expect(bens.doc.getMap('settings').get('title')).toBe('mine');
});

test('a mirror does not take a folder of which not all bodies are fetched', async () => {
  const { folder } = await join(await author({ 'a.md': 'one\n' }), 'used');
  const directory = pathTo(tmpdir(), 'evermesh-never-made');
  await expect(openMirror({ folder, directory, create: true })).rejects.toThrow(TypeError);
  expect(existsSync(directory)).toBe(false);
});
