import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type FolderId, TREE_DOCUMENT } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { Store, StoreOperation } from '../log/index.ts';
import {
  decodeMessage,
  decodeRecord,
  encodeMessage,
  type FromRelay,
  type Message,
  PROTOCOL_VERSION,
} from '../protocol/index.ts';
import type { ConnectionEvents, Transport } from '../sync/index.ts';
import { type MemoryStore, memoryStore } from '../testing/memory-store.ts';
import { openReplica } from './index.ts';

/** The authors and counters of every record in a store. */
function recordsIn({ rows }: MemoryStore): { author: string; counter: number }[] {
  return [...rows]
    .filter(([key]) => /^f\/[0-9a-f]{32}\/r\//.test(key))
    .map(([, bytes]) => decodeRecord(bytes).header)
    .map(({ author, counter }) => ({ author, counter }));
}

/** A peer that a test speaks for. */
class Peer implements Transport {
  readonly address: string = 'peer';
  readonly token: string = '';
  readonly heard: Message[] = [];
  #events: ConnectionEvents | undefined;

  connect(events: ConnectionEvents): ReturnType<Transport['connect']> {
    this.#events = events;
    queueMicrotask(() => events.opened());
    return {
      send: (frame) => this.heard.push(decodeMessage(frame)),
      buffered: 0,
      close: () => events.closed(undefined),
    };
  }

  say(message: FromRelay): void {
    this.#events?.frame(encodeMessage(message));
  }

  welcome(): void {
    const [frameBytes, recordBytes, credit] = [1_000_000, 1_000_000, 1_000_000];
    this.say({ type: 'WELCOME', version: PROTOCOL_VERSION, frameBytes, recordBytes, credit });
  }

  readonly blobs: Transport['blobs'] = {
    has: () => Promise.resolve(true),
    get: () => {
      throw new EvermeshError('BLOB_NOT_FOUND', 'This peer has no blobs.');
    },
    put: () => Promise.resolve(),
    async *getMany() {},
    putMany: () => Promise.resolve(),
    lacking: () => Promise.resolve([]),
  };
}

describe('opening', () => {
  test('a store keeps the device, its name, its folders and what is in them', async () => {
    const store = memoryStore();
    const first = await openReplica({ store, deviceName: 'Anna\u2019s laptop' });
    const notes = await first.createFolder({ name: 'notes' });
    await notes.writeFile('a.md', 'text\n');
    await first.close();

    const second = await openReplica({ store });
    expect(second.device).toEqual(first.device);
    expect(second.folders()).toEqual([{ id: notes.id, name: 'notes' }]);
    const again = await second.folder(notes.id);
    expect(await again.readFile('a.md', 'utf8')).toBe('text\n');
    expect(again.name).toBe('notes');
    await second.close();

    const third = await openReplica({ store, deviceName: 'old laptop' });
    expect(third.device).toEqual({ id: first.device.id, name: 'old laptop' });
    await third.close();
  });

  test('every opening writes as another author, from counter 1', async () => {
    const store = memoryStore();
    const first = await openReplica({ store });
    const { id } = await first.createFolder({ name: 'notes' });
    await first.close();
    const second = await openReplica({ store });
    await (await second.folder(id)).mkdir('a');
    await second.close();
    const [one, two] = recordsIn(store);
    expect([one?.counter, two?.counter]).toEqual([1, 1]);
    expect(one?.author).not.toBe(two?.author);
    expect([one, two].map((record) => record?.author.slice(0, 32))).toEqual([
      first.device.id,
      first.device.id,
    ]);
  });

  test('two copies of one store never number two records alike', async () => {
    const store = memoryStore();
    const first = await openReplica({ store });
    const { id } = await first.createFolder({ name: 'notes' });
    await first.close();
    const copies = [memoryStore(new Map(store.rows)), memoryStore(new Map(store.rows))];
    for (const [i, copy] of copies.entries()) {
      const replica = await openReplica({ store: copy });
      await (await replica.folder(id)).writeFile('a.md', `copy ${i}\n`);
      await replica.close();
    }
    const [own, other] = copies.map((copy) =>
      recordsIn(copy).map(({ author, counter }) => `${author} ${counter}`),
    );
    const shared = recordsIn(store).map(({ author, counter }) => `${author} ${counter}`);
    expect(own?.filter((record) => other?.includes(record))).toEqual(shared);
    expect(own?.length).toBeGreaterThan(shared.length);
  });

  test('what a relay may send is a number of bytes, or nothing is opened', async () => {
    const store = memoryStore();
    for (const receiveBytes of [0, -1, 0.5, Number.NaN, Infinity])
      await expect(openReplica({ store, receiveBytes })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await (await openReplica({ store, receiveBytes: 1 })).close();
  });

  test('a store that another process has is refused by name', async () => {
    const locked = Object.assign(new Error('not open'), {
      cause: Object.assign(new Error('lock'), { code: 'LEVEL_LOCKED' }),
    });
    const store: Store = { ...memoryStore(), open: () => Promise.reject(locked) };
    await expect(openReplica({ store })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  });

  test('a name longer than what is kept of it does not lock anybody out', async () => {
    const store = memoryStore();
    await (await openReplica({ store, deviceName: '\u20ac'.repeat(5000) })).close();
    const replica = await openReplica({ store });
    expect(replica.device.name).toBe('\u20ac'.repeat(256));
    await replica.close();
  });

  test('damage to the device\u2019s row is told by name, and the store is closed', async () => {
    const store = memoryStore();
    await (await openReplica({ store })).close();
    store.rows.set('replica/device', Uint8Array.of(1));
    let closed = 0;
    store.close = () => Promise.resolve(void (closed += 1));
    await expect(openReplica({ store })).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(closed).toBe(1);
  });
});

describe('folders', () => {
  test('that were made are durable when createFolder resolves', async () => {
    const store = memoryStore();
    const replica = await openReplica({ store });
    const { id } = await replica.createFolder({ name: 'notes' });
    const crashed = await openReplica({ store: memoryStore(new Map(store.rows)) });
    expect((await crashed.folder(id)).name).toBe('notes');
    await Promise.all([replica.close(), crashed.close()]);
  });

  test('that were joined are listed in the next opening, and wait for their tree', async () => {
    const store = memoryStore();
    const id = 'ab'.repeat(16) as FolderId;
    const first = await openReplica({ store });
    await first.joinFolder(id);
    await first.close();
    const second = await openReplica({ store });
    expect(second.folders()).toEqual([{ id, name: '' }]);
    await expect((await second.folder(id)).writeFile('a', 'b')).rejects.toMatchObject({
      code: 'FOLDER_NOT_READY',
    });
    await second.close();
  });

  test('that are not here, or have no id, are not found', async () => {
    const replica = await openReplica({ store: memoryStore() });
    const missing = { code: 'FOLDER_NOT_FOUND' };
    await expect(replica.folder('ab'.repeat(16) as FolderId)).rejects.toMatchObject(missing);
    await expect(replica.pending('ab'.repeat(16) as FolderId, 'peer')).rejects.toMatchObject(missing);
    await expect(replica.joinFolder('../x' as FolderId)).rejects.toMatchObject(missing);
    await replica.close();
  });

  test('opened twice at once are one', async () => {
    const replica = await openReplica({ store: memoryStore() });
    const { id } = await replica.createFolder({ name: 'notes' });
    const [one, two] = await Promise.all([replica.folder(id), replica.folder(id)]);
    expect(one).toBe(two);
    await replica.close();
  });
});

describe('durable', () => {
  test('everything is written by synced batches, and flush waits for them', async () => {
    const inner = memoryStore();
    const batches: { size: number; sync: boolean }[] = [];
    const batch = async (operations: StoreOperation[], options: { sync: boolean }): Promise<void> => {
      await turn();
      batches.push({ size: operations.length, sync: options.sync });
      await inner.batch(operations, options);
    };
    const replica = await openReplica({ store: { ...inner, batch } });
    const folder = await replica.createFolder({ name: 'notes' });
    await folder.writeFile('a.md', 'one\n');
    await folder.writeFile('b.md', 'two\n');
    const before = recordsIn(inner).length;
    await replica.flush();
    expect(recordsIn(inner).length).toBeGreaterThan(before);
    expect(batches.every(({ sync }) => sync)).toBe(true);
    const crashed = await openReplica({ store: memoryStore(new Map(inner.rows)) });
    expect(await (await crashed.folder(folder.id)).readdir('')).toEqual(['a.md', 'b.md']);
    await Promise.all([replica.close(), crashed.close()]);
  });

  test('what was done is durable when close resolves, and nothing can be done after it', async () => {
    const store = memoryStore();
    const replica = await openReplica({ store });
    const folder = await replica.createFolder({ name: 'notes' });
    const writing = folder.writeFile('a.md', 'one\n');
    await writing;
    await replica.close();
    await replica.close();
    await expect(replica.folder(folder.id)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(replica.createFolder({ name: 'x' })).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect(() => replica.connect(new Peer())).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
    const again = await openReplica({ store });
    expect(await (await again.folder(folder.id)).readFile('a.md', 'utf8')).toBe('one\n');
    await again.close();
  });
});

describe('a link', () => {
  test('hears of a new folder when that has its first record, so that the peer may begin its log', async () => {
    const replica = await openReplica({ store: memoryStore() });
    const peer = new Peer();
    const link = replica.connect(peer);
    await turn();
    peer.welcome();
    const { id } = await replica.createFolder({ name: 'notes' });
    await turn();
    expect(peer.heard.find(({ type }) => type === 'OPEN')).toMatchObject({ folder: id, create: true });
    expect(link.folders()).toMatchObject([{ id, state: 'opening' }]);
    await replica.close();
    expect(link.status()).toBe('closed');
  });

  test('is not synced while a folder of the replica is still being opened', async () => {
    const rows = memoryStore().rows;
    const first = await openReplica({ store: memoryStore(rows) });
    const { id } = await first.createFolder({ name: 'notes' });
    await first.close();

    const inner = memoryStore(rows);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const slow: Store = {
      ...inner,
      get: async (key) => {
        if (key === `f/${id}/l`) await released;
        return inner.get(key);
      },
    };
    const replica = await openReplica({ store: slow });
    const peer = new Peer();
    const link = replica.connect(peer);
    await turn();
    peer.welcome();
    let isSynced = false;
    const synced = link.whenSynced().then(() => (isSynced = true));
    await turn();
    expect([link.status(), isSynced]).toEqual(['connected', false]);
    release();
    await turn();
    expect(isSynced).toBe(false);

    const open = peer.heard.find((message) => message.type === 'OPEN');
    const channel = open?.type === 'OPEN' ? open.channel : -1;
    const cursor = { epoch: 'e0'.repeat(16) as never, seq: 1, digest: new Uint8Array(16) };
    peer.say({ type: 'OPENED', channel, cursor, grant: 'write', resumed: false });
    const [{ author } = { author: '' }] = recordsIn(inner);
    const documents = [{ document: TREE_DOCUMENT, seq: 1, bytes: 1, heads: new Map([[author as never, 1]]) }];
    peer.say({ type: 'CHANGED', channel, documents, through: cursor });
    await synced;
    expect(await replica.pending(id, peer.address)).toEqual({ toRelay: 0, fromRelay: 0 });
    await replica.close();
  });
});

describe('a folder that tells names apart which differ in case only', () => {
  test('has both, here and after a restart, and a folder without that choice refuses the second', async () => {
    const store = memoryStore();
    const replica = await openReplica({ store });
    const made = await replica.createFolder({ name: 'made', caseSensitive: true });
    const plain = await replica.createFolder({ name: 'plain' });
    for (const folder of [made, plain]) await folder.writeFile('Makefile', 'all:\n');
    await made.writeFile('makefile', 'any:\n');
    await expect(plain.writeFile('makefile', 'any:\n')).rejects.toMatchObject({ code: 'PATH_EXISTS' });
    await replica.close();
    const again = await openReplica({ store: memoryStore(store.rows) });
    const folder = await again.folder(made.id);
    expect(await folder.readdir('')).toEqual(['Makefile', 'makefile']);
    expect(await folder.readFile('makefile', 'utf8')).toBe('any:\n');
    expect([folder.caseSensitive, (await again.folder(plain.id)).caseSensitive]).toEqual([true, false]);
    await again.close();
  });
});
