/** Who else has a document open: two devices, a relay, and sockets between them. */
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type FolderId, type Link, openReplica, type Replica } from '@evermesh/core';
import { allowEveryone, openRelay, type Relay } from '@evermesh/server';
import { afterEach, beforeEach, expect, test } from 'vitest';

let relay: Relay;
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  relay = await openRelay({
    store: memoryStore(),
    blobs: memoryBlobs(),
    listen: { host: '127.0.0.1', port: 0 },
    authorizer: allowEveryone,
    compaction: { runner: threadCompaction() },
  });
});

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  await relay.close();
});

async function device(): Promise<{ replica: Replica; link: Link }> {
  const replica = await openReplica({ store: memoryStore() });
  open.push(replica);
  return { replica, link: replica.connect(webSocketTransport(relay.url)) };
}

type Opened = Awaited<ReturnType<Awaited<ReturnType<Replica['folder']>>['openDocument']>>;

/** Resolves when exactly these are known to be there. */
function whoIsThere({ awareness }: Opened, ...names: string[]): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const there = [...awareness.getStates().values()].map(({ name }) => String(name)).sort();
      if (there.join() === names.join()) {
        awareness.off('change', look);
        resolve();
      }
    };
    awareness.on('change', look);
    look();
  });
}

async function bothOpen(): Promise<{ anna: Opened; ben: Opened; link: Link; id: FolderId }> {
  const [first, second] = [await device(), await device()];
  const folder = await first.replica.createFolder({ name: 'notes' });
  await folder.writeFile('a.md', 'a text\n');
  await first.link.whenSynced();
  const joined = await second.replica.joinFolder(folder.id);
  await joined.whenReady();
  await second.link.whenSynced();
  const [anna, ben] = [await folder.openDocument('a.md'), await joined.openDocument('a.md')];
  anna.awareness.setLocalStateField('name', 'Anna');
  ben.awareness.setLocalStateField('name', 'Ben');
  return { anna, ben, link: second.link, id: folder.id };
}

test('who opens a document sees who else has it open, and where, until that one closes it', async () => {
  const { anna, ben } = await bothOpen();
  await Promise.all([whoIsThere(anna, 'Anna', 'Ben'), whoIsThere(ben, 'Anna', 'Ben')]);
  const moved = new Promise((resolve) => anna.awareness.on('change', resolve));
  ben.awareness.setLocalStateField('cursor', 5);
  await moved;
  expect(anna.awareness.getStates().get(ben.awareness.clientID)).toEqual({ name: 'Ben', cursor: 5 });
  ben.close();
  await whoIsThere(anna, 'Anna');
});

test('who comes by a new connection is told who is there, and tells it', async () => {
  const { anna, ben, link } = await bothOpen();
  await whoIsThere(anna, 'Anna', 'Ben');
  await link.close();
  ben.awareness.setLocalStateField('name', 'Benjamin');
  const again = open.filter((one): one is Replica => 'connect' in one)[1]!;
  again.connect(webSocketTransport(relay.url));
  await Promise.all([whoIsThere(anna, 'Anna', 'Benjamin'), whoIsThere(ben, 'Anna', 'Benjamin')]);
});
