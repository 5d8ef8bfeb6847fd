/**
 * A folder in memory: its log, its debts, its tree, and the few documents that are open. Data flows one way: an
 * operation or a received record changes documents, the tree's view follows, and whoever listens is told which nodes
 * changed.
 */
import type * as Y from 'yjs';
import {
  type AuthorId,
  type BlobName,
  type DeviceId,
  type DocumentId,
  deviceOf,
  runOf,
  documentOf,
  EMPTY,
  Listeners,
  newNodeId,
  type NodeId,
  TREE_DOCUMENT,
} from '../base/index.ts';
import { type Appended, arrivedKey, Debts, FolderLog, type StoreOperation } from '../log/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { type FileContent, FolderTree, type TreeChange } from '../model/index.ts';
import { covers, type Heads, mergeHeads, NO_HEADS } from '../protocol/index.ts';
import { Bodies } from './bodies.ts';
import { Documents } from './documents.ts';
import { LiveDocuments } from './live-documents.ts';
import { LOCAL, type LocalRecords } from './local-records.ts';
import { MissingContents } from './missing-contents.ts';
import type { FolderOptions } from './folder-options.ts';
import { RecordsInUseHere } from './records-in-use.ts';
import { FolderPresence } from './presence/folder-presence.ts';

/** What happened to the view in one step. */
export interface ViewStep {
  readonly origin: 'local' | 'remote';
  readonly tree: readonly TreeChange[];
  /** Of each document with new records, whose these are. */
  readonly devices: ReadonlyMap<DocumentId, ReadonlySet<DeviceId>>;
  /** Nodes whose content changed, or became readable. */
  readonly edited: readonly NodeId[];
}

interface DamagedRecord {
  readonly document: DocumentId;
  readonly author: AuthorId;
  readonly counter: number;
}

/** What a folder was opened from. */
type Opened = Pick<FolderState, 'log' | 'debts' | 'bodies' | 'documents' | 'treeDoc' | 'damaged'>;

/** The key of the folder's secret in the tree's metadata. It is written with the folder, so a tree without it has not arrived. */
export const SECRET = 'secret';

export class FolderState {
  readonly options: FolderOptions;
  readonly log: FolderLog;
  readonly debts: Debts;
  readonly bodies: Bodies;
  /** Whether all records are fetched, also those that a state would stand for. */
  wantsRecords = false;
  /** What an operation that is under way has written, and not given to the log yet. */
  writing: LocalRecords | undefined;
  readonly documents: Documents;
  /** Files that programs have open. */
  readonly live: LiveDocuments;
  readonly presence: FolderPresence;
  readonly inUse: RecordsInUseHere;
  readonly treeDoc: Y.Doc;
  readonly tree: FolderTree;
  readonly steps: Listeners<ViewStep> = new Listeners();
  readonly closed: Listeners<void> = new Listeners();
  /** Records or debts changed, whether anything shown did or not. */
  readonly progress: Listeners<void> = new Listeners();
  /** Records of this folder that could not be applied, by what names each. */
  readonly damaged: ReadonlyMap<string, DamagedRecord>;
  readonly #missing: MissingContents;
  readonly #stop: (() => void)[];
  /** Once the tree was here, the folder works without any peer, whatever they tell of later. */
  #arrived: boolean;

  static async open(options: FolderOptions): Promise<FolderState> {
    const log = await FolderLog.open({ ...options, folder: options.id });
    const bodies = new Bodies(options.bodies ?? 'all', log);
    const debts = await Debts.load(options.store, options.id, bodies);
    const damaged = new Map<string, DamagedRecord>();
    const { compactor, logger, id: folder } = options;
    const documents = new Documents(log, options.author, options.random, {
      record(document, author, counter, error) {
        // Met again whenever somebody looks at the history of its document.
        const name = `${document}/${author}/${counter}`;
        if (damaged.has(name)) return;
        const record = { document, author, counter };
        damaged.set(name, record);
        logger.error('a record cannot be applied', { folder, ...record, error: String(error) });
      },
      state(document, error) {
        const what = { folder, document, code: 'STORE_CORRUPT', error: String(error) };
        logger.warn('the state of a document is damaged, and is made anew from its records', what);
        compactor.renew(log, document);
      },
    });
    const treeDoc = await documents.hold(TREE_DOCUMENT);
    const arrived = (await options.store.get(arrivedKey(options.id))) !== undefined;
    return new FolderState(options, { log, debts, bodies, documents, treeDoc, damaged }, arrived);
  }

  private constructor(
    options: FolderOptions,
    { log, debts, bodies, documents, treeDoc, damaged }: Opened,
    arrived: boolean,
  ) {
    this.#arrived = arrived;
    this.options = options;
    this.log = log;
    this.debts = debts;
    this.bodies = bodies;
    this.#missing = new MissingContents(options.contents, log, debts);
    this.documents = documents;
    this.presence = new FolderPresence(options.clock);
    this.inUse = new RecordsInUseHere(options.id, options.store);
    this.live = new LiveDocuments(documents, this.presence, {
      ...{ log, author: options.author, clock: options.clock },
      writing: () => this.writing,
      changed: (document) => this.stepHere([document]),
    });
    this.treeDoc = treeDoc;
    this.damaged = damaged;
    this.tree = new FolderTree(treeDoc, {
      tag: this.tag,
      newNodeId: () => newNodeId(options.random),
      documentHeads: (document) => this.#headsForTree(document),
    });
    bodies.begin(this.tree, this.live);
    debts.look();
    this.#stop = [
      log.appended.add((appended) => this.#received(appended)),
      options.compactor.watch(log),
      debts.changed.add((changed) => this.#told(changed)),
      debts.fetched.add((name) => this.#blobArrived(name)),
      options.retention?.watch(log, this.inUse) ?? (() => undefined),
    ];
    this.#noteArrival();
  }

  get device(): DeviceId {
    return deviceOf(this.options.author);
  }

  /** Ten hexadecimal digits that tell authors apart in stamps and version keys: of the run, for a device may run twice at one time. */
  get tag(): string {
    return runOf(this.options.author).slice(0, 10);
  }

  /**
   * Whether the tree has been here, whole and as far as any peer had told of it, at some time: from then on the folder is used
   * without asking what peers have that is not here.
   */
  get ready(): boolean {
    return this.#arrived && !this.tree.isOfLaterFormat();
  }

  /** FORMAT_TOO_NEW if this version would show the folder otherwise than it is. */
  get failure(): EvermeshError | undefined {
    if (!this.tree.isOfLaterFormat()) return undefined;
    const message =
      'The tree of this folder has a later format than this version reads. Use the newer Evermesh that wrote it.';
    return new EvermeshError('FORMAT_TOO_NEW', message, { details: { folder: this.options.id } });
  }

  /** @throws FORMAT_TOO_NEW, FOLDER_NOT_READY */
  checkReady(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.#arrived) return;
    const message = 'The folder has not arrived yet: connect to a peer that has it.';
    throw new EvermeshError('FOLDER_NOT_READY', message);
  }

  /** Kept, so that it outlasts an end at a moment when a peer told of more. */
  #noteArrival(): void {
    if (this.#arrived || !this.#isAllHere()) return;
    this.#arrived = true;
    // Without the row, the tree is waited for once more.
    const row = { type: 'put', key: arrivedKey(this.options.id), value: EMPTY } as const;
    this.#keep([row], 'that the folder has arrived');
  }

  /** A store that fails is told of by whoever waits for it. */
  #keep(rows: readonly StoreOperation[], what: string): void {
    if (rows.length === 0) return;
    const { committer, id, logger } = this.options;
    committer.commit(rows).catch((error: unknown) => {
      logger.warn(`${what} was not kept`, { folder: id, error: String(error) });
    });
  }

  /**
   * What others wrote is shown once it is durable; what is taken and on its way to the disk is still owed. What the tree builds on and
   * nobody owes may be gone for ever: who comes then shows what all others do.
   */
  #isAllHere(): boolean {
    const here = this.log.document(TREE_DOCUMENT)?.heads ?? NO_HEADS;
    const owed = !covers(here, this.seenHeads(TREE_DOCUMENT));
    return !owed && this.tree.metadata(SECRET) !== undefined;
  }

  /** What of a document is in memory, if it is there, with what was typed into it, which is recorded first. */
  heldHeads(document: DocumentId): Heads {
    this.live.record(document);
    return this.documents.heldHeads(document);
  }

  /** What is held or told of a document. */
  seenHeads(document: DocumentId): Heads {
    const held = this.log.assignedHeads(document);
    const told = this.debts.toldHeads(document);
    return told.size === 0 ? held : mergeHeads(held, told);
  }

  /** Who removes a file has seen what he wrote into it in the same operation, too. */
  #headsForTree(document: DocumentId): Heads {
    const seen = this.seenHeads(document);
    const counter = this.writing?.counterOf(document);
    return counter === undefined ? seen : new Map(seen).set(this.options.author, counter);
  }

  /** Tells listeners what the view did since the last step. */
  step(
    origin: ViewStep['origin'],
    documents: readonly DocumentId[],
    devices: ViewStep['devices'] = new Map(),
  ): void {
    const files = documents.filter((document) => document !== TREE_DOCUMENT);
    if (files.length > 0) this.tree.documentsChanged(files);
    const tree = this.tree.takeChanges();
    const edited = files.flatMap((document) => this.tree.node(document as string as NodeId)?.id ?? []);
    this.#noteArrival();
    const concerned = this.bodies.concerned(tree);
    if (concerned.length > 0) this.debts.look(concerned === 'all' ? undefined : concerned);
    // Whoever shows the folder has to learn that it must not, whether or not anything else is new.
    const isNews = tree.length > 0 || edited.length > 0 || this.tree.isOfLaterFormat();
    if (isNews) this.steps.emit({ origin, tree, edited, devices });
    this.progress.emit();
  }

  /** The same, of what was done here. */
  stepHere(documents: readonly DocumentId[]): void {
    const own = new Set([this.device]);
    this.step('local', documents, new Map(documents.map((document) => [document, own])));
  }

  /** A reader of `node` found this content missing, or damaged: it is fetched, and the reader told when it is here. */
  async miss(name: BlobName, node: NodeId): Promise<void> {
    this.#keep(await this.#missing.miss(name, node), 'that a content is missing');
  }

  /** A reader of `node` needs this content: it is fetched as by `miss` if it is not here. A text never is. */
  async askFor(content: FileContent, node: NodeId): Promise<void> {
    if (content.kind === 'text' || (await this.options.contents.size(content.name)) !== undefined) return;
    await this.miss(content.name, node);
  }

  /** What of that is still to come. */
  contentsMissedBy(node: NodeId): readonly BlobName[] {
    return this.#missing.missedBy(node);
  }

  close(): void {
    this.live.close();
    for (const stop of this.#stop) stop();
    this.documents.release(TREE_DOCUMENT, this.treeDoc);
    this.closed.emit();
  }

  #received({ entries, source }: Appended): void {
    if (source === LOCAL) return;
    this.documents.received(entries);
    const devices = new Map<DocumentId, Set<DeviceId>>();
    for (const { record } of entries) {
      const { document, author } = record.header;
      devices.set(document, (devices.get(document) ?? new Set()).add(deviceOf(author)));
    }
    this.step('remote', [...devices.keys()], devices);
  }

  #told(documents: readonly DocumentId[]): void {
    this.tree.documentsChanged(documents.filter((document) => document !== TREE_DOCUMENT));
    // Whoever waited for a document of which the peer has no more after all waits in vain.
    const settled = documents.filter((document) =>
      covers(this.log.assignedHeads(document), this.seenHeads(document)),
    );
    this.step('remote', settled);
  }

  #blobArrived(name: BlobName): void {
    const nodes = this.#missing.arrived(name);
    if (nodes.length > 0) this.step('remote', nodes.map(documentOf));
  }
}
