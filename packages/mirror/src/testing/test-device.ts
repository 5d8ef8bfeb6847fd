/**
 * Devices for the tests of the mirror: a real replica whose store survives its end, a real directory, and a way to hand
 * records from one device to the other without a network.
 */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import {
  type BlobStore,
  type Folder,
  type FolderId,
  openReplica,
  type Replica,
  type Store,
  type Transport,
} from '@evermesh/core';
import { NO_HEADS } from '@evermesh/core/protocol';
import { Link } from '@evermesh/core/sync';
import { vi } from 'vitest';
import type { Mirror } from '../mirror.ts';
import type { MirrorEvent } from '../mirror-event.ts';
import { type MirrorOptions, openMirror } from '../open-mirror.ts';
import { Fuse, fusedFileSystem, fusedStore } from './fuse.ts';
import { VirtualClock } from './virtual-clock.ts';

type Synced = Parameters<Link['add']>[0];

export class TestDevice {
  readonly directory: string;
  readonly fuse: Fuse = new Fuse();
  readonly store: Store = fusedStore(memoryStore(), this.fuse);
  readonly blobs: BlobStore = memoryBlobs();
  readonly clock: VirtualClock = new VirtualClock();
  readonly events: MirrorEvent[] = [];
  replica!: Replica;
  folder!: Folder;
  synced!: Synced;
  #mirror: Mirror | undefined;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** A device with a folder of its own, or one that awaits the folder of another. */
  static async make(id?: FolderId, caseSensitive = false): Promise<TestDevice> {
    const device = new TestDevice(await fs.realpath(await fs.mkdtemp(join(tmpdir(), 'evermesh-mirror-'))));
    await device.openReplica(id, caseSensitive);
    return device;
  }

  /** Two devices of one folder that know of each other's tree. */
  static async pair({ caseSensitive = false } = {}): Promise<[TestDevice, TestDevice]> {
    const a = await TestDevice.make(undefined, caseSensitive);
    const b = await TestDevice.make(a.folder.id);
    await exchange(a, b);
    return [a, b];
  }

  get mirror(): Mirror {
    if (this.#mirror === undefined) throw new Error('The mirror is not open.');
    return this.#mirror;
  }

  async openReplica(id?: FolderId, caseSensitive = false): Promise<void> {
    const { store, blobs } = this;
    this.replica = await openReplica({ store, blobs });
    this.folder =
      id === undefined
        ? await this.replica.createFolder({ name: 'test', caseSensitive })
        : await this.replica.joinFolder(id);
    this.synced = syncedOf(this.replica, this.folder.id);
  }

  async open(options: Partial<MirrorOptions> = {}): Promise<Mirror> {
    this.#mirror = await openMirror({
      folder: this.folder,
      directory: this.directory,
      clock: this.clock,
      fileSystem: fusedFileSystem(this.fuse),
      onEvent: (event) => this.events.push(event),
      ...options,
    });
    return this.#mirror;
  }

  /** As after a power cut: the mirror is forgotten, what it did not sync is lost; the replica begins a new run over the same store. */
  async crash(): Promise<void> {
    this.#mirror = undefined;
    const { id } = this.folder;
    // What its store cannot take any more is lost with it.
    await this.replica.close().catch(() => undefined);
    await this.fuse.blow();
    for (const path of this.fuse.unsynced) await emptied(path);
    this.fuse.replace();
    await fs.rm(this.at('.evermesh/lock'), { force: true });
    await this.openReplica(id);
  }

  /** Settles, opening the mirror if it is not open. */
  async settle(): Promise<number> {
    if (this.#mirror === undefined) await this.open();
    return this.mirror.settle();
  }

  async closeMirror(): Promise<void> {
    await this.#mirror?.close();
    this.#mirror = undefined;
  }

  async end(): Promise<void> {
    await this.closeMirror();
    await this.replica.close();
    await fs.rm(this.directory, { recursive: true, force: true });
  }

  at(path: string): string {
    return `${this.directory}/${path}`;
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await fs.mkdir(join(this.at(path), '..'), { recursive: true });
    await fs.writeFile(this.at(path), content);
  }

  read(path: string): Promise<string> {
    return fs.readFile(this.at(path), 'utf8');
  }

  idOf(path: string): string | undefined {
    for (const node of this.folder.nodes.all())
      if (this.folder.nodes.pathOf(node.id) === path) return node.id;
    return undefined;
  }

  /** Records this device has made or got, by document. */
  records(): number {
    let count = 0;
    for (const { heads } of this.synced.log.documents())
      for (const counter of heads.values()) count += counter;
    return count;
  }

  changes(direction: 'in' | 'out'): string[] {
    return this.events.flatMap((event) =>
      event.type === 'change' && event.direction === direction ? [`${event.change} ${event.path}`] : [],
    );
  }
}

/** As a file is whose content was not on the disk yet when the power went: its name and times were. */
async function emptied(path: string): Promise<void> {
  const stat = await fs.lstat(path).catch(() => undefined);
  if (stat?.isFile() !== true) return;
  await fs.truncate(path);
  await fs.utimes(path, stat.atime, stat.mtime);
}

/** Every path on disk: `/` for a directory, `-> target` for a link, else the content. Our own directory left out. */
export async function onDisk({ directory }: { readonly directory: string }): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (path: string): Promise<void> => {
    for (const entry of await fs.readdir(join(directory, path), { withFileTypes: true })) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (below === '.evermesh') continue;
      if (entry.isDirectory()) {
        found[below] = '/';
        await visit(below);
      } else if (entry.isSymbolicLink()) found[below] = `-> ${await fs.readlink(join(directory, below))}`;
      else if (entry.isFile()) found[below] = await fs.readFile(join(directory, below), 'utf8');
      else found[below] = 'special';
    }
  };
  await visit('');
  return sorted(found);
}

/** The same of what the folder shows. */
export async function inFolder({ folder }: { readonly folder: Folder }): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const node of folder.nodes.all()) {
    const path = folder.nodes.pathOf(node.id);
    const content = node.kind === 'directory' ? undefined : await folder.nodes.content(node.id);
    if (node.kind === 'directory') found[path] = '/';
    else if (content === undefined) found[path] = '?';
    else if (node.kind === 'symlink')
      found[path] = `-> ${content.content.kind === 'text' ? content.content.text : ''}`;
    else found[path] = new TextDecoder().decode(await folder.readFile(path));
  }
  return sorted(found);
}

const sorted = (of: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Gives `to` every record of `from` that it lacks, blobs first. Returns how many it took. */
export async function deliver(from: TestDevice, to: TestDevice): Promise<number> {
  await from.folder.flush();
  let taken = 0;
  for (const { document } of [...from.synced.log.documents()]) {
    for await (const { record } of from.synced.log.read.document(document, NO_HEADS)) {
      for (const name of record.header.blobs) {
        const { blobs } = to.folder;
        if ((await blobs.size(name)) === undefined) await blobs.write(from.folder.blobs.read(name), name);
      }
      const { outcomes, durable } = to.synced.log.append([record]);
      await durable;
      if (outcomes[0]?.type === 'stored') taken += 1;
    }
  }
  return taken;
}

export async function exchange(a: TestDevice, b: TestDevice): Promise<void> {
  while ((await deliver(a, b)) + (await deliver(b, a)) > 0);
}

/** Settles and exchanges until nobody has anything to do. */
export async function settleAll(...devices: TestDevice[]): Promise<void> {
  for (let rounds = 0; rounds < 20; rounds++) {
    let changes = 0;
    for (const device of devices) changes += await device.settle();
    for (const a of devices) for (const b of devices) if (a !== b) changes += await deliver(a, b);
    if (changes === 0) return;
  }
  throw new Error('The devices do not come to rest.');
}

/** A link is handed the log of each folder: one that never connects shows it. */
function syncedOf(replica: Replica, id: FolderId): Synced {
  const found: Synced[] = [];
  const spy = vi.spyOn(Link.prototype, 'add').mockImplementation((folder) => void found.push(folder));
  void replica.connect(NOWHERE);
  spy.mockRestore();
  const synced = found.find((folder) => folder.id === id);
  if (synced === undefined) throw new Error('The folder is not open.');
  return synced;
}

const NOWHERE: Transport = {
  address: 'test:nowhere',
  token: '',
  connect: () => ({ send: () => undefined, buffered: 0, close: () => undefined }),
  get blobs(): Transport['blobs'] {
    throw new Error('Nobody is connected.');
  },
};
