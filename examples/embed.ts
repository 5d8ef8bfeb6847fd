/**
 * A folder in a program of your own: it works offline, and keeps in step over a relay as soon as there is one.
 * Two devices and a relay in one process, each with a store of its own below the directory given as an argument.
 */
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { openReplica } from '@evermesh/core';
import { allowEveryone, openRelay } from '@evermesh/server';

const directory = process.argv[2];
if (directory === undefined)
  throw new Error(
    'Say where the stores may lie: npx tsx --conditions=@evermesh/source examples/embed.ts DIRECTORY',
  );

// A laptop, with no network: everything works, and is durable after `flush`.
const laptop = await openReplica({ store: levelStore(join(directory, 'laptop')), deviceName: 'laptop' });
const notes = await laptop.createFolder({ name: 'notes' });
await notes.writeFile('todo/today.md', '- water the plants\n');
await laptop.flush();

// A relay appears. `whenSynced` resolves when it has everything on its disk.
const relay = await openRelay({
  store: levelStore(join(directory, 'relay')),
  blobs: fileBlobs(join(directory, 'relay-blobs')),
  listen: { host: '127.0.0.1', port: 0 },
  authorizer: allowEveryone,
  compaction: { runner: threadCompaction() },
});
const link = laptop.connect(webSocketTransport(relay.url));
await link.whenSynced();

// A phone joins the folder by its id, reads, and writes.
const phone = await openReplica({ store: levelStore(join(directory, 'phone')), deviceName: 'phone' });
const shared = await phone.joinFolder(notes.id);
const phoneLink = phone.connect(webSocketTransport(relay.url));
await shared.whenReady();
await phoneLink.whenSynced();
const changes = notes.changes();
await shared.writeFile('todo/today.md', '- water the plants\n- call Anna\n');

// The laptop hears of it.
for await (const change of changes) {
  console.log(change.origin, change.type, change.path);
  if (change.type === 'edited') break;
}
console.log(await notes.readFile('todo/today.md', 'utf8'));

await phone.close();
await laptop.close();
await relay.close();
