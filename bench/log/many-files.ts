/** A replica with very many closed files: what its start costs beside a bare walk over its store, and what stays in memory. */
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import { openReplica, ROOT, type NodeId, type NodeOperation, type Folder } from '@evermesh/core';
import { TREE_DOCUMENT, random53, systemRandom, utf8, newNodeId } from '@evermesh/core/base';
import { Committer, FolderLog, openStore, type Store } from '@evermesh/core/log';
import { applyBody, contentDigest, FolderTree, newDocument } from '@evermesh/core/model';
import { NO_HEADS } from '@evermesh/core/protocol';
import { timed } from '../measure.ts';
import { type Amounts, liveBytes, type Task, type TaskOptions } from './task-options.ts';

const PER_DIRECTORY = 1000;
/** Files made with one call; their directory is one more operation. */
const AT_ONCE = 500;

export const MANY_FILES_TASKS: Readonly<Record<string, Task>> = {
  'files make': makeFiles,
  'files walk': walk,
  'files start': start,
  'files tree': buildTreeAlone,
};

const storeIn = ({ directory }: TaskOptions): Store => levelStore(join(directory, 'store'));

async function makeFiles(options: TaskOptions): Promise<Amounts> {
  const replica = await openReplica({ store: storeIn(options) });
  const folder = await replica.createFolder({ name: 'many files' });
  for (let made = 0; made < options.files; made += PER_DIRECTORY)
    await fill(folder, made / PER_DIRECTORY, Math.min(PER_DIRECTORY, options.files - made));
  await replica.close();
  return {};
}

async function fill({ nodes }: Folder, number: number, files: number): Promise<void> {
  const directory = nodes.newNodeId();
  await nodes.apply([
    {
      type: 'create',
      id: directory,
      parent: ROOT,
      name: `directory ${number}`,
      kind: 'directory',
      digest: '',
    },
  ]);
  for (let made = 0; made < files; made += AT_ONCE) {
    const count = Math.min(AT_ONCE, files - made);
    await nodes.apply(
      Array.from({ length: count }, (_, i) => create(nodes.newNodeId(), directory, made + i)),
    );
  }
}

function create(id: NodeId, parent: NodeId, number: number): NodeOperation {
  const text = `This is file ${number}, and it says no more than that.\n`;
  const content = { kind: 'text', text } as const;
  const digest = contentDigest(utf8(text));
  return { type: 'create', id, parent, name: `file ${number}.txt`, kind: 'file', content, digest };
}

/** Every row is asked for, and nothing is done with it. */
async function walk(options: TaskOptions): Promise<Amounts> {
  const store = storeIn(options);
  await store.open();
  let rows = 0;
  const milliseconds = await timed(async () => {
    for await (const _ of store.iterator({ gte: '', lt: '\u{10FFFF}' })) rows += 1;
  });
  await store.close();
  return { milliseconds, rows };
}

/** Until the folder can be listed. */
async function start(options: TaskOptions): Promise<Amounts> {
  const before = liveBytes();
  const began = performance.now();
  const replica = await openReplica({ store: storeIn(options) });
  const [entry] = replica.folders();
  if (entry === undefined) throw new Error('There is no folder.');
  const folder = await replica.folder(entry.id);
  const listed = await folder.readdir('/');
  const milliseconds = performance.now() - began;
  const directories = Math.ceil(options.files / PER_DIRECTORY);
  if (listed.length !== directories) throw new Error(`There are ${listed.length} directories.`);
  const bytes = liveBytes() - before;
  await replica.close();
  return { milliseconds, bytesEach: bytes / options.files };
}

/** The folder's tree and its view, as if no file had a document. */
async function buildTreeAlone(options: TaskOptions): Promise<Amounts> {
  const replica = await openReplica({ store: storeIn(options) });
  const id = replica.folders()[0]!.id;
  await replica.close();
  const store = await openStore(storeIn(options));
  const log = await FolderLog.open({
    store,
    committer: new Committer(store),
    folder: id,
    random: systemRandom,
  });
  const bodies: Uint8Array[] = [];
  for await (const { record } of log.read.document(TREE_DOCUMENT, NO_HEADS)) bodies.push(record.body.slice());
  await store.close();
  const before = liveBytes();
  const doc = newDocument(TREE_DOCUMENT, random53(systemRandom), true);
  for (const body of bodies) applyBody(doc, body, undefined);
  const tree = new FolderTree(doc, {
    tag: '0'.repeat(10),
    newNodeId: () => newNodeId(systemRandom),
    documentHeads: () => NO_HEADS,
  });
  const bytes = liveBytes() - before;
  // It is looked at last: until here it is alive.
  if (tree.children(ROOT).length === 0) throw new Error('The tree is empty.');
  return { bytesEach: bytes / options.files };
}
