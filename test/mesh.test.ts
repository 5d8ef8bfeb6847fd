/** Whole devices and a whole relay in one process, each with stores of its own on disk: what a mesh is for. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import {
  type Folder,
  type FolderId,
  type Link,
  openReplica,
  type Replica,
  type Transport,
} from '@evermesh/core';
import { sha256, toHex } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { type Store } from '@evermesh/core/log';
import { sharedToken } from '@evermesh/server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshRelay } from './support/mesh-relay.ts';

let root: string;
let relay: MeshRelay;
const open: AsyncDisposable[] = [];

interface Device {
  readonly replica: Replica;
  connect(options?: { token?: string }): Link;
}

/** Its records come through, and its blobs do not. */
function withoutBlobs(transport: Transport): Transport {
  const getMany = (): never => {
    throw new EvermeshError('LINK_UNREACHABLE', 'Blobs are not let through.');
  };
  return { ...transport, blobs: { ...transport.blobs, getMany } };
}

async function device(name: string): Promise<Device> {
  const replica = await openReplica({
    store: levelStore(join(root, name)),
    blobs: fileBlobs(join(root, `${name}-blobs`)),
    deviceName: name,
  });
  open.push(replica);
  return { replica, connect: (options) => replica.connect(webSocketTransport(relay.url, options)) };
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'evermesh-mesh-'));
  relay = new MeshRelay(join(root, 'relay'));
  await relay.start();
  open.push(relay);
});

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** Two devices in step, with one folder. */
async function pair(): Promise<{
  ada: Device;
  bob: Device;
  adas: Folder;
  bobs: Folder;
  links: [Link, Link];
}> {
  const [ada, bob] = [await device('ada'), await device('bob')];
  const adas = await ada.replica.createFolder({ name: 'notes' });
  const adaLink = ada.connect();
  await adaLink.whenSynced();
  const bobs = await joined(bob, adas.id);
  const bobLink = bob.connect();
  await bobs.whenReady();
  await bobLink.whenSynced();
  return { ada, bob, adas, bobs, links: [adaLink, bobLink] };
}

/** Comparing large arrays element by element takes seconds. */
const digest = (bytes: Uint8Array): string => toHex(sha256(bytes));

const joined = (who: Device, id: FolderId): Promise<Folder> => who.replica.joinFolder(id);

/** Resolves when all that is missing is blobs that the relay cannot give. */
async function stalled(link: Link): Promise<void> {
  while (link.folders()[0]?.isStalled !== true)
    await new Promise<void>((resolve) => {
      const stop = link.onStatus.add(() => {
        stop();
        resolve();
      });
    });
}

/** Resolves when the file has this text, at once or after a change. */
async function textAt(folder: Folder, path: string, expected: string): Promise<void> {
  const changes = folder.changes();
  const read = (): Promise<string | undefined> => folder.readFile(path, 'utf8').catch(() => undefined);
  let text = await read();
  while (text !== expected) {
    const { done } = await changes.next();
    if (done === true) throw new Error(`The folder closed while ${path} was ${text}.`);
    text = await read();
  }
  await changes.return?.();
}

describe('two devices and a relay', () => {
  test('show each other text and binary files, moves and deletions', async () => {
    const { adas, bobs, links } = await pair();
    await adas.writeFile('todo/today.md', '- water the plants\n');
    const picture = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 256);
    await adas.writeFile('pictures/sun.png', picture);
    await links[0].whenSynced();
    await links[1].whenSynced();
    await textAt(bobs, 'todo/today.md', '- water the plants\n');
    expect(await bobs.readFile('pictures/sun.png')).toEqual(picture);
    await bobs.rm('pictures/sun.png');
    // The later of the two is waited for: the tree arrives in order.
    await bobs.rename('todo', 'done');
    await links[1].whenSynced();
    await textAt(adas, 'done/today.md', '- water the plants\n');
    expect((await adas.readdir('pictures')).length).toBe(0);
  });

  test('merge what both changed while they were offline', async () => {
    const { ada, bob, adas, bobs, links } = await pair();
    await adas.writeFile('list.md', 'one\ntwo\nthree\n');
    await links[0].whenSynced();
    await textAt(bobs, 'list.md', 'one\ntwo\nthree\n');
    await Promise.all(links.map((link) => link.close()));
    await adas.writeFile('list.md', 'zero\none\ntwo\nthree\n');
    await bobs.writeFile('list.md', 'one\ntwo\nthree\nfour\n');
    await bobs.rename('list.md', 'numbers.md');
    const both = [ada.connect(), bob.connect()];
    await Promise.all(both.map((link) => link.whenSynced()));
    const merged = 'zero\none\ntwo\nthree\nfour\n';
    await textAt(adas, 'numbers.md', merged);
    await textAt(bobs, 'numbers.md', merged);
  });

  test('go on by themselves when the relay comes back, and it has kept everything', async () => {
    const { adas, bobs, links } = await pair();
    await adas.writeFile('a.md', 'before\n');
    await links[0].whenSynced();
    await relay.stop();
    await adas.writeFile('a.md', 'before\nmeanwhile\n');
    await relay.start();
    await textAt(bobs, 'a.md', 'before\nmeanwhile\n');
    await links[0].whenSynced();
    const carol = await device('carol');
    const carols = await joined(carol, adas.id);
    await carol.connect().whenSynced();
    await textAt(carols, 'a.md', 'before\nmeanwhile\n');
  });

  test('refill a relay that lost everything, with what either of them wrote', async () => {
    const { ada, bob, adas, bobs, links } = await pair();
    const bytes = Uint8Array.of(0, 1, 2, 255);
    await adas.writeFile('ada.md', 'from ada\n');
    await adas.writeFile('ada.bin', bytes);
    await bobs.writeFile('bob.md', 'from bob\n');
    await Promise.all(links.map((link) => link.whenSynced()));
    await textAt(adas, 'bob.md', 'from bob\n');
    await textAt(bobs, 'ada.md', 'from ada\n');
    await links[1].whenSynced();
    await Promise.all(links.map((link) => link.close()));
    await relay.wipe();
    await relay.start();
    // Bob alone brings back what both wrote; Ada comes only when Carol has it.
    await bob.connect().whenSynced();
    const carol = await device('carol');
    const carols = await joined(carol, adas.id);
    await carol.connect().whenSynced();
    await textAt(carols, 'ada.md', 'from ada\n');
    await textAt(carols, 'bob.md', 'from bob\n');
    expect(await carols.readFile('ada.bin')).toEqual(bytes);
    await carols.writeFile('carol.md', 'from carol\n');
    await ada.connect().whenSynced();
    await textAt(adas, 'carol.md', 'from carol\n');
  });

  test('bring over some hundred binary files, small and large, and refill a relay with them', async () => {
    const { bob, adas, bobs, links } = await pair();
    const contents = new Map(
      Array.from({ length: 400 }, (_, i) => {
        const bytes = new Uint8Array(i % 100 === 0 ? 100_000 + i : 10 * i).fill(i % 251);
        // No text, and each another.
        return [`files/${i}.bin`, Uint8Array.of(0xff, i >> 8, i & 0xff, ...bytes)];
      }),
    );
    await Promise.all([...contents].map(([path, bytes]) => adas.writeFile(path, bytes)));
    await links[0].whenSynced();
    await links[1].whenSynced();
    for (const [path, bytes] of contents) expect(digest(await bobs.readFile(path)), path).toBe(digest(bytes));
    await Promise.all(links.map((link) => link.close()));
    await relay.wipe();
    await relay.start();
    await bob.connect().whenSynced();
    const carol = await device('carol');
    const carols = await joined(carol, adas.id);
    await carol.connect().whenSynced();
    for (const [path, bytes] of contents)
      expect(digest(await carols.readFile(path)), path).toBe(digest(bytes));
  });

  test.each([
    ['small', 1000],
    ['large', 100_000],
  ])(
    'give a %s file to a relay that was set back and has its record from who has no more',
    async (_, size) => {
      const { ada, bob, adas, bobs, links } = await pair();
      await Promise.all(links.map((link) => link.close()));
      await relay.stop();
      const backup = await relay.backUp();
      await relay.start();
      const bytes = new Uint8Array(size).fill(0xff);
      await adas.writeFile('ada.bin', bytes);
      const adaLink = ada.connect();
      await adaLink.whenSynced();
      await adaLink.close();
      const halfLink = bob.replica.connect(withoutBlobs(webSocketTransport(relay.url)));
      await stalled(halfLink);
      await halfLink.close();
      await relay.restore(backup);
      await relay.start();
      const bobLink = bob.connect();
      await stalled(bobLink);
      await bobLink.close();
      // Ada has nothing to put, comes for a moment only, and is asked nevertheless.
      const shortLink = ada.connect();
      await shortLink.whenSynced();
      await shortLink.close();
      await bob.connect().whenSynced();
      expect(digest(await bobs.readFile('ada.bin'))).toBe(digest(bytes));
    },
  );

  test('hear that a relay does not know them', async () => {
    const guarded = new MeshRelay(join(root, 'guarded'), sharedToken('right'));
    await guarded.start();
    open.push(guarded);
    relay = guarded;
    const ada = await device('ada');
    const folder = await ada.replica.createFolder({ name: 'notes' });
    await folder.writeFile('a.md', 'kept\n');
    const refused = ada.connect({ token: 'wrong' });
    await expect(refused.whenSynced()).rejects.toMatchObject({ code: 'AUTH_DENIED' });
    expect(refused.folders()[0]?.isSynced).toBe(false);
    await ada.connect({ token: 'right' }).whenSynced();
  });
});

describe('whenSynced', () => {
  test('is true only when everything is on the disk of the relay', async () => {
    const gate = new Gate();
    await relay.stop();
    await relay.start((store) => gate.before(store));
    const ada = await device('ada');
    const folder = await ada.replica.createFolder({ name: 'notes' });
    const link = ada.connect();
    await link.whenSynced();
    const reached = gate.close();
    await folder.writeFile('a.md', 'not there yet\n');
    let isSynced = false;
    const synced = link.whenSynced().then(() => {
      isSynced = true;
    });
    await reached;
    // A round through the relay that needs no disk: had it been acknowledged, that would have arrived as well.
    await expect(
      fetch(`${relay.url.replace('ws', 'http')}/healthz`).then(({ status }) => status),
    ).resolves.toBe(200);
    expect(isSynced).toBe(false);
    expect(link.folders()[0]?.isSynced).toBe(false);
    gate.open();
    await synced;
  });

  test('waits for what the device owes the relay, and the relay the device', async () => {
    const { adas, bobs, links, bob } = await pair();
    await links[1].close();
    for (let i = 0; i < 50; i++) await adas.writeFile(`file-${i}.md`, `content ${i}\n`);
    await bobs.writeFile('bob.md', 'offline\n');
    await links[0].whenSynced();
    await bob.connect().whenSynced();
    expect(await bobs.readFile('file-49.md', 'utf8')).toBe('content 49\n');
    await links[0].whenSynced();
    await textAt(adas, 'bob.md', 'offline\n');
  });
});

/** Holds the batches of a store back while it is closed. */
class Gate {
  #waiting: (() => void)[] | undefined;
  #reached: () => void = () => {};

  before(store: Store): Store {
    return {
      open: () => store.open(),
      close: () => store.close(),
      get: (key) => store.get(key),
      iterator: (range) => store.iterator(range),
      batch: async (operations, options) => {
        const waiting = this.#waiting;
        if (waiting !== undefined) {
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            this.#reached();
          });
        }
        await store.batch(operations, options);
      },
    };
  }

  /** Resolves when the first batch waits. */
  close(): Promise<void> {
    this.#waiting = [];
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const resolve of waiting) resolve();
  }
}
