/**
 * Whole devices and a whole relay, and a wire between one of them and the relay that has faults of every kind. While it has,
 * the others work as ever; once it has none, all have the same.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type Folder, type Link, openReplica } from '@evermesh/core';
import { sha256, toHex } from '@evermesh/core/base';
import {
  blackHole,
  delayed,
  FaultyWire,
  flippedAt,
  fragments,
  repeatedAt,
  resetAfter,
  truncatedAfter,
  type WireFaults,
} from '@evermesh/testkit/wire';
import { expect, onTestFinished, test } from 'vitest';
import { MeshRelay } from './support/mesh-relay.ts';

interface Member {
  readonly folder: Folder;
  readonly link: Link;
}

async function relayed(): Promise<MeshRelay> {
  const root = await mkdtemp(join(tmpdir(), 'evermesh-wire-'));
  const relay = new MeshRelay(join(root, 'relay'));
  await relay.start();
  onTestFinished(async () => {
    await relay.stop();
    await rm(root, { recursive: true, force: true });
  });
  return relay;
}

async function member(url: string, of?: Member): Promise<Member> {
  const replica = await openReplica({ store: memoryStore(), blobs: memoryBlobs() });
  onTestFinished(() => replica.close());
  const folder =
    of === undefined ? await replica.createFolder({ name: 'notes' }) : await replica.joinFolder(of.folder.id);
  return { folder, link: replica.connect(webSocketTransport(url)) };
}

/** Text that is one long record, and bytes that are a request of their own. */
const LONG = 'abcdefghi\n'.repeat(40_000);
const BINARY = new Uint8Array(200_000).map((_, index) => index * 7);

/** What a device has, by name. */
const contents = async ({ folder }: Member): Promise<unknown[]> => {
  const names = (await folder.readdir('')).sort();
  return Promise.all(names.map(async (name) => [name, toHex(sha256(await folder.readFile(name)))]));
};

/** Resolves as soon as it is so; looked at whenever anything of the link changed. */
function until(link: Link, check: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!check()) return;
      stop();
      resolve();
    };
    const stop = link.onStatus.add(look);
    look();
  });
}

/** Resolves when a device was told of a file that another one made. Asked for before that is made. */
async function arrival({ folder, link }: Member, path: string): Promise<void> {
  for await (const change of folder.changes()) if (change.path === path) break;
  // What is no text may come behind its name.
  await link.whenSynced();
}

const refusal = (link: Link): unknown => link.folders().find(({ error }) => error !== undefined)?.error;

/** What can be seen of a fault: nothing, for all comes through; that the link, or the folder, ends; nothing for a long time. */
type Sign = 'through' | 'ends' | 'silent';

test.each<[string, WireFaults, Sign]>([
  ['is late', { there: delayed(5), back: delayed(5) }, 'through'],
  ['comes in pieces of seven bytes', { there: fragments(7), back: fragments(7) }, 'through'],
  ['breaks off behind 20,000 bytes', { there: resetAfter(20_000) }, 'ends'],
  ['breaks off behind 20,000 bytes on the way back', { back: resetAfter(20_000) }, 'ends'],
  ['ends behind 20,000 bytes', { there: truncatedAfter(20_000) }, 'ends'],
  ['ends behind 20,000 bytes on the way back', { back: truncatedAfter(20_000) }, 'ends'],
  ['has a flipped bit in a body', { there: flippedAt(100_000) }, 'ends'],
  ['has a flipped bit in a body on the way back', { back: flippedAt(100_000) }, 'ends'],
  ['is repeated in the middle', { there: repeatedAt(20_000) }, 'silent'],
  ['is repeated in the middle on the way back', { back: repeatedAt(20_000) }, 'silent'],
  ['is swallowed', { there: blackHole }, 'silent'],
  ['is swallowed on the way back', { back: blackHole }, 'silent'],
])(
  'while what a device says %s others are in step, and all are once it does not',
  async (_, faults, sign) => {
    const relay = await relayed();
    await using wire = await FaultyWire.open(Number(new URL(relay.url).port));
    const ada = await member(relay.url);
    await ada.link.whenSynced();
    const [eve, far] = [await member(relay.url, ada), await member(`ws://127.0.0.1:${wire.port}`, ada)];
    for (const { folder, link } of [eve, far]) {
      await folder.whenReady();
      await link.whenSynced();
    }

    const [atEve, ...ofFar] = [arrival(eve, 'ada.bin'), arrival(ada, 'far.bin'), arrival(eve, 'far.bin')];
    wire.faults = faults;
    wire.cut();
    await until(far.link, () => far.link.status() !== 'connected');
    for (const [name, { folder }] of [['ada', ada] as const, ['far', far] as const]) {
      await folder.writeFile(`${name}.txt`, LONG);
      await folder.writeFile(
        `${name}.bin`,
        BINARY.map((byte) => byte ^ name.length),
      );
    }
    await Promise.all([ada.link.whenSynced(), atEve]);
    expect(await eve.folder.readFile('ada.txt', 'utf8')).toBe(LONG);
    const before = wire.connections;
    if (sign === 'through') await far.link.whenSynced();
    else if (sign === 'ends')
      await until(far.link, () => wire.connections > before + 2 || refusal(far.link) !== undefined);

    wire.faults = {};
    if (sign !== 'through') {
      wire.cut();
      await until(far.link, () => far.link.status() !== 'connected');
      await until(far.link, () => far.link.status() === 'connected' && refusal(far.link) === undefined);
    }
    await Promise.all([far.link.whenSynced(), ...ofFar]);
    const all = await contents(far);
    expect(all).toHaveLength(4);
    for (const other of [ada, eve]) expect(await contents(other)).toEqual(all);
  },
);
