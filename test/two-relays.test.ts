/** Devices that do not know the same relay, and one that knows both: real sockets, and stores on disk. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type Folder, type Link, openReplica, type Replica, type Transport } from '@evermesh/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MeshRelay } from './support/mesh-relay.ts';

let root: string;
let relays: readonly [MeshRelay, MeshRelay];
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'evermesh-two-relays-'));
  relays = [new MeshRelay(join(root, 'first')), new MeshRelay(join(root, 'second'))];
  for (const relay of relays) {
    await relay.start();
    open.push(relay);
  }
});

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function device(name: string): Promise<Replica> {
  const replica = await openReplica({
    store: levelStore(join(root, name)),
    blobs: fileBlobs(join(root, `${name}-blobs`)),
    deviceName: name,
  });
  open.push(replica);
  return replica;
}
const connect = (replica: Replica, relay: MeshRelay): Link => replica.connect(webSocketTransport(relay.url));

async function visit(replica: Replica, relay: MeshRelay): Promise<void> {
  const link = connect(replica, relay);
  await link.whenSynced();
  await link.close();
}

/** Ada knows the first relay, cleo the second, and bob knows both, each with the folder and in step. */
async function mesh(): Promise<{ replicas: [Replica, Replica, Replica]; folders: [Folder, Folder, Folder] }> {
  const [ada, bob, cleo] = [await device('ada'), await device('bob'), await device('cleo')];
  const adas = await ada.createFolder({ name: 'notes' });
  await visit(ada, relays[0]);
  const bobs = await bob.joinFolder(adas.id);
  for (const relay of relays) await visit(bob, relay);
  const cleos = await cleo.joinFolder(adas.id);
  await visit(cleo, relays[1]);
  return { replicas: [ada, bob, cleo], folders: [adas, bobs, cleos] };
}

/** No text; from 256 KiB on it travels in chunks. */
const binary = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (i === 0 ? 0xff : (i * i) >> 7));
const CHUNKED = 600_000;

test('what one relay has the other gets from a device that visits them in turn, both ways', async () => {
  const { replicas, folders } = await mesh();
  const [ada, bob, cleo] = replicas;
  const [adas, , cleos] = folders;
  await adas.writeFile('a.md', 'from ada\n');
  await adas.writeFile('small.bin', binary(1000));
  await adas.writeFile('large.bin', binary(100_000));
  await visit(ada, relays[0]);
  for (const relay of relays) await visit(bob, relay);
  await visit(cleo, relays[1]);
  expect(await cleos.readFile('a.md', 'utf8')).toBe('from ada\n');
  expect(await cleos.readFile('small.bin')).toEqual(binary(1000));
  expect(Buffer.compare(await cleos.readFile('large.bin'), binary(100_000))).toBe(0);

  await cleos.writeFile('a.md', 'from ada and cleo\n');
  await visit(cleo, relays[1]);
  for (const relay of relays.toReversed()) await visit(bob, relay);
  await visit(ada, relays[0]);
  expect(await adas.readFile('a.md', 'utf8')).toBe('from ada and cleo\n');
});

test('what comes from one relay goes on to the other while a device is connected to both, blobs too', async () => {
  const { replicas, folders } = await mesh();
  const [ada, bob, cleo] = replicas;
  const [adas, bobs, cleos] = folders;
  const bobLinks = relays.map((relay) => connect(bob, relay));
  for (const link of bobLinks) await link.whenSynced();
  connect(cleo, relays[1]);
  const arrived = [shown(cleos, 'large.bin', 100_000), shown(cleos, 'chunked.bin', CHUNKED)];
  await adas.writeFile('small.bin', binary(1000));
  await adas.writeFile('large.bin', binary(100_000));
  await adas.writeFile('chunked.bin', binary(CHUNKED));
  connect(ada, relays[0]);
  await Promise.all(arrived);
  expect(Buffer.compare(await cleos.readFile('large.bin'), binary(100_000))).toBe(0);
  expect(Buffer.compare(await cleos.readFile('chunked.bin'), binary(CHUNKED))).toBe(0);
  expect(await bobs.readFile('small.bin')).toEqual(binary(1000));
});

test('who was connected to both reconnects to each with four frames, wherever things came from first', async () => {
  const { replicas, folders } = await mesh();
  const [ada, bob, cleo] = replicas;
  const [adas, bobs, cleos] = folders;
  const links = [
    connect(ada, relays[0]),
    connect(cleo, relays[1]),
    ...relays.map((relay) => connect(bob, relay)),
  ];
  for (let i = 0; i < 10; i++) {
    await Promise.all([adas, bobs, cleos].map((folder, who) => folder.writeFile(`${who}-${i}.md`, `${i}\n`)));
    // All of them twice: what goes on to the second relay comes back to nobody, and to cleo or ada late.
    for (let twice = 0; twice < 2; twice++) for (const link of links) await link.whenSynced();
  }
  for (const link of links) await link.close();
  const frames: number[] = [];
  for (const relay of relays) {
    const counted = counting(webSocketTransport(relay.url));
    const link = bob.connect(counted.transport);
    await link.whenSynced();
    await link.close();
    frames.push(counted.frames());
  }
  expect(frames).toEqual([4, 4]);
});

/** A transport that counts frames, of both directions. */
function counting(inner: Transport): { transport: Transport; frames(): number } {
  let frames = 0;
  const transport: Transport = {
    ...inner,
    connect(events) {
      const frame = (bytes: Uint8Array): void => {
        frames += 1;
        events.frame(bytes);
      };
      const connection = inner.connect({ ...events, frame });
      const send = (bytes: Uint8Array): void => {
        frames += 1;
        connection.send(bytes);
      };
      return {
        send,
        close: () => connection.close(),
        get buffered() {
          return connection.buffered;
        },
      };
    },
  };
  return { transport, frames: () => frames };
}

/** Resolves when the whole file is there. */
async function shown(folder: Folder, path: string, size: number): Promise<void> {
  const changes = folder.changes();
  const sizeOf = (): Promise<number> =>
    folder.readFile(path).then(
      ({ byteLength }) => byteLength,
      () => -1,
    );
  while ((await sizeOf()) !== size) await changes.next();
  await changes.return?.();
}
