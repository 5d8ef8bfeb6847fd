/**
 * A web page with one file that lives in this browser, is edited with or without a network, and merges with other
 * devices over a relay. The address of the page names the folder: open it in another browser to join.
 */
import { levelStore } from '@evermesh/adapters/level';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type Folder, isFolderId, type Link, type NodeId, openReplica, type Replica } from '@evermesh/core';
import { ShownFile } from './shown-file.ts';

const RELAY = 'ws://127.0.0.1:8787';
const DATABASE = 'evermesh-example';
const FILE = 'today.md';

const field = document.querySelector('textarea')!;
const status = document.querySelector('output')!;

// IndexedDB lets every tab in, and a store is one replica's alone: the lock is held for as long as this tab lives.
await navigator.locks.request(DATABASE, { ifAvailable: true }, async (lock) => {
  if (lock === null) {
    status.value = 'Another tab has it open.';
    return;
  }
  await run();
});

async function run(): Promise<void> {
  const replica = await openReplica({ store: levelStore(DATABASE), deviceName: 'browser' });
  const folder = await folderOf(replica);
  location.hash = folder.id;
  const link = replica.connect(webSocketTransport(RELAY));
  link.onStatus.add(() => tell(link));
  const file = new ShownFile(folder.nodes, await fileOf(folder), field);
  const settle = (): void => {
    file.settle().catch((error: unknown) => {
      status.value = String(error);
    });
  };
  field.addEventListener('input', settle);
  folder.nodes.changed.add(settle);
  settle();
  tell(link);
  // Never: the tab's end is the replica's.
  await new Promise(() => undefined);
}

/** The folder that the page's address names, or the one this browser has, or a new one with a file in it. */
async function folderOf(replica: Replica): Promise<Folder> {
  const named = location.hash.slice(1);
  if (isFolderId(named)) return replica.joinFolder(named);
  const [known] = replica.folders();
  if (known !== undefined) return replica.folder(known.id);
  const made = await replica.createFolder({ name: 'notes' });
  await made.writeFile(FILE, '- water the plants\n');
  return made;
}

/** Waits for the file of a folder that was joined. Making one here would make a second file of that name. */
async function fileOf(folder: Folder): Promise<NodeId> {
  await folder.whenReady();
  const changes = folder.changes();
  while (!(await folder.readdir('/')).includes(FILE)) await changes.next();
  await changes.return?.();
  return (await folder.stat(FILE)).id;
}

function tell(link: Link): void {
  const isSynced = link.folders().every((folder) => folder.isSynced);
  status.value = isSynced ? 'synced' : `saved here; the link is ${link.status()}`;
}
