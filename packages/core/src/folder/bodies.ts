/**
 * What files hold need not be here: a folder works with its tree alone, and leaves contents where they are until they are asked for.
 *
 * Invariant. A document of which anything is here is kept in step. So nothing that is shown is older than what a peer told of, but for as
 * long as that takes, or nobody is there to be asked, and what was written here is never built upon elsewhere unnoticed.
 */
import { type DocumentId, documentOf, isNodeId, Listeners, type NodeId } from '../base/index.ts';
import type { FolderLog, PeerName, Wants } from '../log/index.ts';
import { type FolderTree, ROOT, type TreeChange } from '../model/index.ts';
import type { LiveDocuments } from './live-documents.ts';
import { splitPath } from './paths.ts';

/**
 * Which contents a replica fetches by itself, and keeps in step.
 *
 * `all`: of every file. `used`: of files that were read, opened, written or fetched here. `directories`: of these, and of what lies in the
 * directories at these paths, wherever that comes from; `''` is the root. What is no file is always fetched: the tree, data of applications,
 * names of devices.
 */
export type BodyPolicy = 'all' | 'used' | { readonly directories: readonly string[] };

export class Bodies implements Wants {
  readonly policy: BodyPolicy;
  /** A peer can be asked, or cannot be any more. */
  readonly peersChanged: Listeners<void> = new Listeners();
  readonly #log: Pick<FolderLog, 'assignedHeads'>;
  /** Names on the way to each directory of the policy. */
  readonly #paths: readonly (readonly string[])[];
  readonly #asked = new Set<DocumentId>();
  /** How many links reach each. */
  readonly #peers = new Map<PeerName, number>();
  #tree: FolderTree | undefined;
  #live: Pick<LiveDocuments, 'isOpen'> | undefined;
  /** The directories of the policy, as far as they are there. */
  #directories: ReadonlySet<NodeId> | undefined;

  /** @throws PATH_INVALID for a directory that no folder can have */
  constructor(policy: BodyPolicy, log: Pick<FolderLog, 'assignedHeads'>) {
    this.policy = policy;
    this.#paths = typeof policy === 'string' ? [] : policy.directories.map(splitPath);
    this.#log = log;
  }

  /** From here on it is known what lies where, and what programs have open. */
  begin(tree: FolderTree, live: Pick<LiveDocuments, 'isOpen'>): void {
    this.#tree = tree;
    this.#live = live;
  }

  wantsDocument(document: DocumentId): boolean {
    if (this.policy === 'all' || !isNodeId(document)) return true;
    if (this.#asked.has(document) || this.#log.assignedHeads(document).size > 0) return true;
    return this.#liesInside(document);
  }

  /** What a version names that was shown to nobody here is fetched only where everything is. */
  wantsBlobsOf(document: DocumentId | undefined): boolean {
    if (this.policy === 'all') return true;
    return document !== undefined && (!isNodeId(document) || this.#liesInside(document));
  }

  isUrgent(document: DocumentId): boolean {
    return this.#asked.has(document) || this.#live?.isOpen(document) === true;
  }

  /** Somebody waits for them, or was shown that there is nothing in them. They stay wanted. */
  ask(documents: readonly DocumentId[]): void {
    if (this.policy === 'all') return;
    for (const document of documents) this.#asked.add(document);
  }

  entered(peer: PeerName): () => void {
    this.#count(peer, 1);
    let isIn = true;
    return () => {
      if (isIn) this.#count(peer, -1);
      isIn = false;
    };
  }

  /** Who can be asked now. */
  peers(): readonly PeerName[] {
    return [...this.#peers].filter(([, links]) => links > 0).map(([peer]) => peer);
  }

  /**
   * Which of what is left may be wanted now: `all`, where a directory is another or elsewhere, so that much may lie in it that was
   * not named.
   */
  concerned(changes: readonly TreeChange[]): readonly DocumentId[] | 'all' {
    if (typeof this.policy === 'string' || changes.length === 0) return [];
    this.#directories = undefined;
    if (changes.some(({ after }) => after?.kind === 'directory')) return 'all';
    return changes.flatMap(({ id, after }) => (after === undefined ? [] : documentOf(id)));
  }

  #count(peer: PeerName, change: 1 | -1): void {
    this.#peers.set(peer, (this.#peers.get(peer) ?? 0) + change);
    this.peersChanged.emit();
  }

  #liesInside(document: DocumentId): boolean {
    const tree = this.#tree;
    if (tree === undefined || this.#paths.length === 0) return false;
    const directories = (this.#directories ??= found(tree, this.#paths));
    if (directories.size === 0) return false;
    const node = tree.node(document as string as NodeId);
    if (node === undefined) return false;
    for (let at = node; ;) {
      if (directories.has(at.parent)) return true;
      const parent = at.parent === ROOT ? undefined : tree.node(at.parent);
      if (parent === undefined) return false;
      at = parent;
    }
  }
}

function found(tree: FolderTree, paths: readonly (readonly string[])[]): Set<NodeId> {
  const directories = new Set<NodeId>();
  for (const names of paths) {
    let at: NodeId | undefined = ROOT;
    for (const name of names) at = at && tree.child(at, name)?.id;
    if (at !== undefined) directories.add(at);
  }
  return directories;
}
