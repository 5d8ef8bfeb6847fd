/**
 * A folder's tree: directories, files and symbolic links that devices make, move, rename and remove without asking each
 * other. The document holds registers; the tree that is shown is a pure function of them, and of how far the files'
 * documents have come. Operations check everything before they write anything, and have exactly the effect on what is
 * shown here that the same operation has on a file system.
 */
import type * as Y from 'yjs';
import type { DocumentId, NodeId } from '../../base/index.ts';
import { EvermeshError } from '../../errors/index.ts';
import { members } from './display.ts';
import { checkName, shownName } from './names.ts';
import { type NewNode, ROOT } from './node-kind.ts';
import { nameOnReturn, Operation } from './operation.ts';
import { checkFree, checkNew, checkOutside, notDirectory, notFound } from './place-checks.ts';
import type { Problem } from './register-reader.ts';
import { formatCreated } from './registers.ts';
import { formatStamp, isTag, LAMPORT_LIMIT, SEED_STAMP } from './stamp.ts';
import { type GoneNode, goneNodes } from './trash.ts';
import { TreeMaps } from './tree-maps.ts';
import type { TreeChange } from './tree-changes.ts';
import type { TreeHost } from './tree-host.ts';
import type { ShownNode, TreeNode } from './tree-node.ts';
import { TreeView } from './tree-view.ts';

export class FolderTree {
  readonly #host: TreeHost;
  readonly #maps: TreeMaps;
  readonly #view: TreeView;

  /** Reads what the document holds, and follows it from then on. */
  constructor(doc: Y.Doc, host: TreeHost) {
    if (!isTag(host.tag)) throw new TypeError('The tag of a device is ten hexadecimal digits.');
    this.#host = host;
    this.#maps = new TreeMaps(doc);
    this.#view = new TreeView(this.#maps, (document) => host.documentHeads(document));
  }

  /** The visible node. Of several united directories each id answers the one that is shown for all. */
  node(id: NodeId): ShownNode | undefined {
    return this.#view.shown(id)?.shown;
  }

  /** What a visible directory or the root contains, by name (code units); of anything else nothing. */
  children(parent: NodeId): ShownNode[] {
    const children = Array.from(
      this.#view.contents(this.#view.directory(parent))?.shown() ?? [],
      ({ shown }) => shown as ShownNode,
    );
    return children.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The child shown under exactly this name. */
  child(parent: NodeId, name: string): ShownNode | undefined {
    const child = this.childByKey(parent, name);
    return child?.name === name ? child : undefined;
  }

  /** The child that keeps this name from being used: its portable key is the same. */
  childByKey(parent: NodeId, name: string): ShownNode | undefined {
    return this.#view.contents(this.#view.directory(parent))?.at(this.nameKey(name))?.shown;
  }

  /** Names with equal keys cannot stand in one directory of this folder. */
  nameKey(name: string): string {
    return this.#view.nameKey(name);
  }

  /** `a/b.txt`; empty for the root. Throws `PATH_NOT_FOUND` for what is not visible. */
  pathOf(id: NodeId): string {
    const names: string[] = [];
    for (let at = id; at !== ROOT;) {
      const { name, parent } = this.#visible(at).shown as ShownNode;
      names.push(name);
      at = parent;
    }
    return names.reverse().join('/');
  }

  /** What is shown at a path of exactly these names. The root has no node. */
  resolve(path: string): ShownNode | undefined {
    let node: ShownNode | undefined;
    for (const name of path.split('/')) {
      node = this.child(node?.id ?? ROOT, name);
      if (node === undefined) return undefined;
    }
    return node;
  }

  /** This visible node and all in it, itself first, parents before their children. */
  descendants(id: NodeId): NodeId[] {
    const top = id === ROOT ? this.#view.directory(ROOT) : this.#view.shown(id);
    if (top === undefined) return [];
    const found = [top];
    // The list grows while it is read.
    for (const node of found) for (const child of this.#view.contents(node)?.shown() ?? []) found.push(child);
    return found.map((node) => node.id);
  }

  /** All visible nodes, parents before their children. */
  *nodes(): Generator<ShownNode> {
    for (const id of this.descendants(ROOT)) {
      const node = this.node(id);
      if (node !== undefined) yield node;
    }
  }

  /** Whether anything was ever said of this id, alive or dead: then it is no id for a new node. */
  knows(id: NodeId): boolean {
    this.#view.refresh();
    return this.#view.reader.knows(id) || this.#maps.created.has(id);
  }

  /** Whether anybody ever removed it, whatever became of that. */
  wasRemoved(id: NodeId): boolean {
    const { deletions, removals } = this.#view.reader.nodes.get(id) ?? {};
    return (deletions?.size ?? 0) + (removals?.length ?? 0) > 0;
  }

  /** Whether a later version wrote what this one would misread, or shows names by other rules. */
  isOfLaterFormat(): boolean {
    return this.#maps.isOfLaterFormat();
  }

  create({ parent, name, kind, digest, id, seed }: NewNode): NodeId {
    checkName(name);
    const directory = this.#directory(parent);
    checkFree(this.#view, directory, name, undefined);
    const node = id ?? this.#host.newNodeId();
    checkNew(node, digest, this.knows(node));
    this.#write((operation) => {
      operation.keepDirectories(directory);
      const stamp = seed === true ? SEED_STAMP : operation.stamp;
      this.#maps.created.set(node, formatCreated(kind, directory.id, stamp, digest, name));
      this.#view.wroteNode(node);
    });
    return node;
  }

  /**
   * Moves, renames, or both. Writes nothing if the node is shown there under that name already. One that was removed comes
   * back there, a directory without what was removed with it.
   */
  place(id: NodeId, parent: NodeId, name: string): void {
    if (id === ROOT) throw new EvermeshError('PATH_INVALID', 'The root cannot be moved or renamed.');
    checkName(name);
    const node = this.#view.shown(id) ?? this.#removed(id);
    const directory = this.#directory(parent);
    const { bucket } = node;
    const stays = bucket?.owner === directory;
    if (stays && node.shown?.name === shownName(name)) return;
    checkOutside(directory, node);
    checkFree(this.#view, directory, name, node);
    this.#write((operation) => {
      if (bucket !== undefined && !stays) operation.keepDirectories(bucket.owner);
      operation.keepDirectories(directory);
      const all = members(node);
      operation.keepNames(node, new Set(all));
      for (const member of all) {
        if (!stays) operation.move(member, directory.id);
        if (member.ownName !== name) operation.rename(member, name);
      }
    });
  }

  /**
   * Removes exactly these nodes; for a whole directory name its `descendants`. What is not named and lives inside a
   * removed directory stays, and the directory stays visible around it. So does what was edited, moved or made where that
   * has not been seen here.
   */
  remove(ids: readonly NodeId[]): void {
    const primaries = new Set(ids.map((id) => this.#visible(id)));
    if (primaries.size === 0) return;
    const removed = new Set([...primaries].flatMap(members));
    const around = new Set([...primaries].flatMap(({ bucket }) => bucket?.owner ?? []));
    this.#write((operation) => {
      for (const directory of around)
        if (!removed.has(directory)) operation.keepDirectories(directory, removed);
      for (const primary of primaries) {
        operation.keepNames(primary, removed);
        operation.keepUnitedName(primary);
      }
      operation.remove(removed, this.#host);
    });
  }

  /**
   * Brings back a removed node; a directory with all that was removed with it. It returns to where it was. If another
   * has its name there now, it returns under a name beside it.
   */
  restore(id: NodeId): void {
    this.#view.refresh();
    const node = this.#view.reader.find(id);
    if (node?.created === undefined || node.parent === undefined) throw notFound(id);
    if (node.alive && !this.#view.liveness.holdsDeleted(node)) return;
    let highest = node;
    while (highest.parent?.visible === false) highest = highest.parent;
    const name = highest.visible ? highest.ownName : nameOnReturn(highest, (each) => this.nameKey(each));
    this.#write((operation) => {
      operation.restore(node);
      if (name !== highest.ownName) operation.settleName(highest, name);
    });
  }

  /** Somebody made this file anew, where it is shown: a removal that has not seen that does not hold. What is removed comes back. */
  keep(id: NodeId): void {
    const node = this.#view.shown(id);
    if (node === undefined) return this.restore(id);
    this.#write((operation) => {
      if (node.bucket !== undefined) operation.keepDirectories(node.bucket.owner);
      operation.restore(node);
    });
  }

  /** What was removed and is gone; the last removed first. */
  gone(): GoneNode[] {
    return goneNodes(this.#view);
  }

  /** Only files can be executable. */
  setExecutable(id: NodeId, executable: boolean): void {
    const node = this.#visible(id);
    if (node.isDirectory)
      throw new EvermeshError('PATH_IS_DIRECTORY', 'A directory has no executable bit.', { details: { id } });
    if (node.executable === executable || node.created?.kind !== 'file') return;
    this.#maps.executable.set(node.id, executable ? '1' : '0');
    this.#view.wroteNode(node.id);
  }

  /** Facts about the folder as a whole. */
  metadata(key: string): string | undefined {
    return this.#maps.fact(key);
  }

  setMetadata(key: string, value: string): void {
    if (this.metadata(key) === value) return;
    this.#maps.metadata.set(key, value);
    this.#view.wroteFact(key);
  }

  /** More is held or told of these documents: files that were removed by who had not seen that are back. */
  documentsChanged(documents: Iterable<DocumentId>): void {
    for (const document of documents) this.#view.contentChanged(document);
  }

  /**
   * What changed in the view since the last call, or since the beginning: one net change for each node. What is gone
   * comes first, the deepest first; then the rest, directories before what is in them.
   */
  takeChanges(): TreeChange[] {
    return this.#view.takeChanges();
  }

  /** Registers that no Evermesh writes, or only a later one. They count for nothing. */
  problems(): readonly Problem[] {
    this.#view.refresh();
    return [...this.#view.reader.problems.values()];
  }

  /** Files shown under another name than their own because a sibling has it. */
  nameConflicts(): ShownNode[] {
    return this.#view.nameConflicts().map(({ shown }) => shown as ShownNode);
  }

  #write(work: (operation: Operation) => void): void {
    // At the limit stamps repeat and ids decide. Only a hostile register leads there.
    const lamport = Math.min(this.#view.reader.lamport + 1, LAMPORT_LIMIT);
    const operation = new Operation(this.#maps, this.#view, formatStamp({ lamport, tag: this.#host.tag }));
    this.#maps.doc.transact(() => {
      work(operation);
      operation.end();
    });
  }

  #visible(id: NodeId): TreeNode {
    const node = this.#view.shown(id);
    if (node === undefined) throw notFound(id);
    return node;
  }

  #removed(id: NodeId): TreeNode {
    const node = this.#view.reader.find(id);
    if (node?.created === undefined) throw notFound(id);
    return node;
  }

  #directory(id: NodeId): TreeNode {
    const directory = this.#view.directory(id);
    if (directory !== undefined) return directory;
    this.#visible(id);
    throw notDirectory(id);
  }
}
