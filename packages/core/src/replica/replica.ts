/**
 * A replica: one device's whole local state, in one store. It owns the device's identity, opens folders, and links to
 * peers. Every opening is a run of its own: its records are numbered anew, so a store that was copied or rolled back
 * never numbers two records alike.
 */
import {
  authorOf,
  type DeviceId,
  type FolderId,
  isFolderId,
  isNodeId,
  newFolderId,
  newRunId,
  SerialQueue,
  silentLogger,
  systemClock,
  systemRandom,
  toBase64Url,
} from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { type BodyPolicy, Folder, type FolderOptions, FolderState, startFolder } from '../folder/index.ts';
import {
  type BlobCollector,
  type BlobStore,
  Committer,
  compactionPolicy,
  Compactor,
  Contents,
  type HistoryPolicy,
  historyPolicy,
  inlineCompaction,
  openStore,
  retentionOf,
} from '../log/index.ts';
import { documentCodec } from '../model/index.ts';
import { Link, type Pending, pendingWith, type Transport } from '../sync/index.ts';
import { collectorOf } from './collector-of.ts';
import type { ReplicaOptions } from './replica-options.ts';
import { type Device, readDevice, type FolderEntry, folderEntryRow, readFolderEntries } from './registry.ts';

interface OpenFolder {
  readonly state: FolderState;
  readonly folder: Folder;
}

/**
 * Opens a replica, a new one if the store is empty.
 * @throws STORE_LOCKED if another process has it; STORE_CORRUPT, STORE_FAILED, FORMAT_TOO_NEW; CONFIG_INVALID of `receiveBytes`
 */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const { receiveBytes } = options;
  if (receiveBytes !== undefined && !(Number.isSafeInteger(receiveBytes) && receiveBytes >= 1))
    throw new EvermeshError(
      'CONFIG_INVALID',
      `A relay may send ${receiveBytes} bytes: that is no number of them.`,
    );
  const store = await openStore(options.store);
  try {
    const committer = new Committer(store);
    const random = options.random ?? systemRandom;
    const contents = new Contents(store, committer, options.blobs);
    await contents.open();
    const device = await readDevice(store, committer, random, options.deviceName);
    const entries = await readFolderEntries(store);
    const clock = options.clock ?? systemClock;
    const logger = options.logger ?? silentLogger;
    const runner = options.compaction?.runner ?? inlineCompaction(documentCodec, clock);
    const policy = options.compaction?.policy ?? compactionPolicy;
    const compactor = new Compactor({ runner, policy, clock, logger });
    const kept = { store, committer, compactor, clock, logger, contents };
    const replica = new Replica({
      store,
      committer,
      contents,
      random,
      compactor,
      retention: retentionOf(kept, options.history ?? historyPolicy),
      clock,
      logger,
      device,
      entries,
      large: options.blobs,
      history: options.history ?? historyPolicy,
      bodiesOf: options.bodies ?? (() => 'all'),
      receiveBytes,
    });
    await replica.begin();
    return replica;
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
}

interface Parts extends Omit<FolderOptions, 'id' | 'author' | 'bodies'> {
  readonly device: Device;
  readonly entries: Map<FolderId, FolderEntry>;
  readonly bodiesOf: (folder: FolderId) => BodyPolicy;
  readonly receiveBytes: number | undefined;
  readonly large: BlobStore | undefined;
  readonly history: HistoryPolicy | 'everything';
}

export class Replica {
  readonly #parts: Parts;
  readonly #author: ReturnType<typeof authorOf>;
  readonly #open = new Map<FolderId, OpenFolder>();
  readonly #links = new Set<Link>();
  readonly #opening: SerialQueue = new SerialQueue();
  readonly #collector: BlobCollector | undefined;
  #closing: Promise<void> | undefined;

  /** Use `openReplica`. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.#author = authorOf(parts.device.id, newRunId(parts.random));
    this.#collector = collectorOf(parts, {
      folders: () => parts.entries.keys(),
      state: (id) => this.#open.get(id)?.state,
    });
  }

  /** Called once, before anything is done with what is here. */
  async begin(): Promise<void> {
    await this.#collector?.begin();
  }

  get device(): { readonly id: DeviceId; readonly name: string } {
    return this.#parts.device;
  }

  /** The folders this replica has, opened or not, with the names they had when last seen. */
  folders(): readonly FolderEntry[] {
    return [...this.#parts.entries.values()].map(({ id, name }) => ({
      id,
      name: this.#open.get(id)?.folder.name || name,
    }));
  }

  /**
   * Makes a folder. Works offline; durable when it resolves.
   * @param options.caseSensitive whether `Makefile` and `makefile` are two names in it, for good. Default: no, since many disks can hold
   *   only one of the two. An Evermesh that does not know of it refuses such a folder with FORMAT_TOO_NEW
   */
  async createFolder({
    name,
    caseSensitive = false,
  }: {
    name: string;
    caseSensitive?: boolean | undefined;
  }): Promise<Folder> {
    const entry = { id: newFolderId(this.#parts.random), name };
    const secret = toBase64Url(this.#parts.random.bytes(16));
    const { folder } = await this.#openFolder(entry.id, async (state) => {
      // One batch: a folder that is listed has its beginning.
      await startFolder(state, { name, secret, caseSensitive }, [folderEntryRow(entry)]);
      this.#parts.entries.set(entry.id, entry);
    });
    return folder;
  }

  /**
   * Begins to keep a folder that others made: it arrives over a link. Await `folder.whenReady()` before using it.
   * @param options.history whether every record is fetched. Default: of a document of which nothing is here its state, where a relay has
   *   it, and the records behind that, which is much less. Whoever has files that may be earlier versions of what is in the folder needs
   *   the records: nobody else can tell that they are.
   */
  async joinFolder(
    id: FolderId,
    { history = false }: { history?: boolean | undefined } = {},
  ): Promise<Folder> {
    if (!isFolderId(id)) throw new EvermeshError('FOLDER_NOT_FOUND', 'A folder id is 32 hexadecimal digits.');
    if (!this.#parts.entries.has(id)) {
      await this.#parts.committer.commit([folderEntryRow({ id, name: '' })]);
      this.#parts.entries.set(id, { id, name: '' });
    }
    const { state, folder } = await this.#listed(id);
    state.wantsRecords = history;
    return folder;
  }

  /** @throws FOLDER_NOT_FOUND if this replica does not have it */
  async folder(id: FolderId): Promise<Folder> {
    return (await this.#listed(id)).folder;
  }

  /** Keeps every folder of this replica in step with a peer until the link, or the replica, is closed. */
  connect(transport: Transport): Link {
    this.#checkOpen();
    const { clock, random, logger, device, receiveBytes } = this.#parts;
    const link = new Link({ transport, device, clock, random, logger, receiveBytes });
    this.#links.add(link);
    for (const { state } of this.#open.values()) link.add(syncedFolder(state));
    for (const { id } of this.folders()) {
      const opening = this.#openFolder(id);
      opening.catch((error: unknown) =>
        logger.error('a folder does not open', { folder: id, error: String(error) }),
      );
      link.expect(opening);
    }
    return link;
  }

  /**
   * What a folder and the peer at this address (a transport's) still owe each other, whether a link is open or not.
   * @throws FOLDER_NOT_FOUND
   */
  async pending(id: FolderId, address: string): Promise<Pending> {
    return pendingWith(syncedFolder((await this.#listed(id)).state), address);
  }

  /** Resolves when everything done so far, in any folder, survives a power cut. @throws STORE_FAILED */
  async flush(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ folder }) => folder.flush()));
    await this.#parts.committer.idle();
  }

  /** Ends links, makes durable what was done, and closes the store. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#links].map((link) => link.close()));
    await this.#opening.idle();
    // What collects waits for what lets records go, and that for what compacts.
    const collected = this.#collector?.close();
    const retained = this.#parts.retention?.close();
    await this.#parts.compactor.close();
    await collected;
    await retained;
    try {
      await this.flush();
    } finally {
      for (const { state } of this.#open.values()) state.close();
      await this.#parts.contents.close();
      await this.#parts.store.close();
    }
  }

  async #listed(id: FolderId): Promise<OpenFolder> {
    if (this.#parts.entries.has(id)) return this.#openFolder(id);
    throw new EvermeshError('FOLDER_NOT_FOUND', `This replica has no folder ${id}. Join it first.`, {
      details: { folder: id },
    });
  }

  /** `begin` is done before any link hears of the folder: a peer is asked to begin a log only by who has records. */
  #openFolder(id: FolderId, begin?: (state: FolderState) => Promise<void>): Promise<OpenFolder> {
    this.#checkOpen();
    return this.#opening.run(async () => {
      const known = this.#open.get(id);
      if (known !== undefined) return known;
      const state = await FolderState.open({
        ...this.#parts,
        id,
        author: this.#author,
        bodies: this.#parts.bodiesOf(id),
      });
      await begin?.(state);
      const opened = { state, folder: new Folder(state) };
      this.#open.set(id, opened);
      for (const link of this.#links) link.add(syncedFolder(state));
      return opened;
    });
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new EvermeshError('STORE_CLOSED', 'The replica is closed.');
  }
}

const syncedFolder = (state: FolderState): Parameters<Link['add']>[0] => ({
  id: state.log.folder,
  device: state.device,
  author: state.options.author,
  store: state.options.store,
  committer: state.options.committer,
  log: state.log,
  debts: state.debts,
  contents: state.options.contents,
  presence: state.presence,
  isGone: (document) => state.ready && isNodeId(document) && state.tree.node(document) === undefined,
  bodies: state.bodies,
  get takesStates() {
    return !state.wantsRecords;
  },
  checkState: (body) => state.documents.checkState(body),
});
