/** A replica of a folder whose tree is judged: what it shows, what it was told, and what it was told of changes. */
import {
  inOlderForm,
  type NameKey,
  nameKeyOf,
  type Registers,
  rebuild,
  saidIn,
  type Shown,
} from '@evermesh/testkit/tree';
import * as Y from 'yjs';
import { type AuthorId, documentOf, type DocumentId, type NodeId, TREE_DOCUMENT } from '../../base/index.ts';
import { FolderTree, hasFirstContent, isWhole, readFile, ROOT, type ShownNode } from '../../model/index.ts';
import type { Heads, LogRecord } from '../../protocol/index.ts';
import { blobKey } from '../../log/keys.ts';
import type { StoreOperation } from '../../log/index.ts';
import { openFolder, type TestFolder } from '../../testing/open-folder.ts';
import { describeStep } from '../folder-changes.ts';
import type { ViewStep } from '../folder-state.ts';
import { LOCAL } from '../local-records.ts';
import type { ApplyResult, NodeOperation } from '../nodes.ts';
import { startFolder } from '../start-folder.ts';
import { NaiveDisk } from './naive-disk.ts';

/** Whoever tells a replica of what is elsewhere. */
const PEER = 'peer';

export class TreeReplica {
  readonly number: number;
  /** Nodes as the changes say that were told since it was opened. */
  readonly projection: Map<NodeId, ShownNode> = new Map();
  /** What the changes come to that are told by path, each done in its turn. */
  readonly #disk = new NaiveDisk(() => this.nameKey);
  #refused: Error | undefined;
  readonly #opened: TestFolder;
  readonly #touched = new Set<string>();

  /** @param wrote is given every record that is written here */
  static async open(
    number: number,
    options: Parameters<typeof openFolder>[0],
    wrote: (record: LogRecord) => void,
  ): Promise<TreeReplica> {
    return new TreeReplica(number, await openFolder(options), wrote);
  }

  private constructor(number: number, opened: TestFolder, wrote: (record: LogRecord) => void) {
    this.number = number;
    this.#opened = opened;
    for (const map of ['p', 'n'])
      opened.state.treeDoc.getMap(map).observe(({ keysChanged, transaction }) => {
        if (transaction.local) for (const key of keysChanged) this.#touched.add(key);
      });
    for (const node of opened.folder.nodes.all()) {
      this.projection.set(node.id, node);
      this.#disk.begin(opened.folder.nodes.pathOf(node.id), node.id);
    }
    opened.state.log.appended.add(({ entries, source }) => {
      if (source === LOCAL) for (const { record } of entries) wrote(record);
    });
    opened.state.steps.add((step) => {
      this.#follow(step);
      const { tree } = step;
      for (const { id, before, after } of tree) {
        if (!equal(this.projection.get(id), before)) throw new Error(`a change of ${id} begins elsewhere`);
        if (after === undefined) this.projection.delete(id);
        else if (after.parent === ROOT || this.projection.has(after.parent)) this.projection.set(id, after);
        else throw new Error(`${id} is told of before its directory`);
      }
    });
  }

  get folder(): TestFolder['folder'] {
    return this.#opened.folder;
  }

  /** Which names are one name, as far as it is known here. */
  get nameKey(): NameKey {
    return nameKeyOf(new Map(this.state.treeDoc.getMap('m').entries()));
  }

  /** What has a name and lies nowhere lies here from now on: what is not here cannot be written. */
  async apply(operations: readonly NodeOperation[]): Promise<ApplyResult> {
    const contents = operations.flatMap((one) =>
      'content' in one && one.content !== undefined ? [one.content] : [],
    );
    const rows = contents.flatMap((content): StoreOperation[] =>
      content.kind === 'blob'
        ? [{ type: 'put', key: blobKey(content.name), value: new Uint8Array(content.size) }]
        : [],
    );
    if (rows.length > 0) await this.#opened.store.batch(rows, { sync: false });
    return this.folder.nodes.apply(operations);
  }

  get state(): TestFolder['state'] {
    return this.#opened.state;
  }

  /** Whoever is told must not throw: what a disk refuses is told when what is shown is looked at. */
  #follow(step: ViewStep): void {
    try {
      for (const change of describeStep(step, this.state.tree)) this.#disk.apply(change);
    } catch (error) {
      this.#refused ??= error as Error;
    }
  }

  /** Every node at its path, read from the top downwards. Anything at two paths, or two at one, throws. */
  shown(): Map<string, Shown> {
    if (this.#refused !== undefined) throw this.#refused;
    const shown = new Map<string, Shown>();
    const seen = new Set<NodeId>();
    const read = (parent: NodeId, prefix: string): void => {
      for (const node of this.state.tree.children(parent)) {
        const path = prefix + node.name;
        if (seen.has(node.id) || shown.has(path)) throw new Error(`${path} is there twice`);
        seen.add(node.id);
        const { id, kind, executable, deletedButAlive } = node;
        shown.set(path, { id, kind, executable, skeleton: deletedButAlive });
        if (!equal(this.projection.get(id), node)) throw new Error(`${path} is told to be otherwise`);
        if (kind === 'directory') read(id, `${path}/`);
      }
    };
    read(ROOT, '');
    if (seen.size !== this.projection.size) throw new Error('more is told than is shown');
    const ids = new Map([...shown].map(([path, { id }]) => [path, id]));
    if (!this.#disk.holds(ids)) throw new Error('changes told by path come to something else');
    return shown;
  }

  registers(): Registers {
    const map = (name: string): ReadonlyMap<string, unknown> =>
      new Map(this.state.treeDoc.getMap(name).entries());
    return { c: map('c'), p: map('p'), n: map('n'), x: map('x'), d: map('d'), e: map('e'), m: map('m') };
  }

  /** What a document shows that says the same, as older versions said it. */
  shownInOlderForm(): Map<string, Shown> {
    const doc = new Y.Doc();
    for (const [map, entries] of Object.entries(inOlderForm(this.registers())))
      for (const [key, value] of entries) doc.getMap(map).set(key, value);
    const tree = new FolderTree(doc, {
      tag: this.state.tag,
      newNodeId: () => this.folder.nodes.newNodeId(),
      documentHeads: (document) => this.state.seenHeads(document),
    });
    return new Map(
      [...tree.nodes()].map(({ id, kind, executable, deletedButAlive }) => [
        tree.pathOf(id),
        { id, kind, executable, skeleton: deletedButAlive },
      ]),
    );
  }

  /** What is held or told of a file. */
  headsOf(id: string): Heads {
    return this.state.seenHeads(id as DocumentId);
  }

  /** How far this replica holds an author in a document. */
  held({ author, document }: { readonly author: AuthorId; readonly document: DocumentId }): number {
    return this.state.log.assignedHeads(document).get(author) ?? 0;
  }

  /** Nodes of which it was written here since the last call where they are, or what they are called. */
  takeTouched(): string[] {
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }

  /** Whether anything is known to have been removed together with this directory. */
  isEmptied(id: NodeId): boolean {
    return [...this.registers().d.values()].some((value) => saidIn(value)?.some(({ via }) => via === id));
  }

  /** Known, not shown, and not because their directories have not arrived. */
  removed(): NodeId[] {
    const undeleted = { ...this.registers(), x: new Map(), d: new Map() };
    const { listed } = rebuild(
      undeleted,
      (id) => this.headsOf(id),
      () => 0,
    );
    return ([...listed].sort() as NodeId[]).filter((id) => this.state.tree.node(id) === undefined);
  }

  /** The contents of a file, the shown one first, unless what it begins with, or what something here builds on, is still on its way. */
  async contents(id: NodeId): Promise<string[] | undefined> {
    const doc = await this.state.documents.newest(documentOf(id));
    const [, , , digest = ''] = String(this.state.treeDoc.getMap('c').get(id)).split('|');
    const document = documentOf(id);
    const isOwed = [...this.headsOf(id)].some(
      ([author, counter]) => this.held({ author, document }) < counter,
    );
    if (!hasFirstContent(doc, digest) || (digest !== '' && !isWhole(doc) && isOwed)) return undefined;
    const { shown, others } = readFile(doc);
    return [shown, ...others.map(({ content }) => content)].map((content) =>
      content.kind === 'text' ? content.text : content.name,
    );
  }

  /** Makes the folder that others receive. */
  async begin(caseSensitive: boolean): Promise<void> {
    await startFolder(this.state, { name: 'tree', secret: 'sixteen-bytes-000', caseSensitive }, []);
  }

  /** Takes records as they come from elsewhere. Answers what became of each. */
  async receive(records: readonly LogRecord[]): Promise<string[]> {
    const { outcomes, durable } = this.state.log.append(records);
    await durable;
    return outcomes.map(({ type }) => type);
  }

  async hear(document: DocumentId, heads: Heads): Promise<void> {
    if (document === TREE_DOCUMENT) return;
    const { debts, options } = this.state;
    await options.committer.commit(debts.owe(PEER, [{ document, bytes: 0, heads }]));
  }

  /** Ends. Answers what is on the disk then. */
  async end(): Promise<Map<string, Uint8Array>> {
    await this.folder.flush();
    this.state.close();
    return this.#opened.store.rows;
  }
}

const equal = (a: ShownNode | undefined, b: ShownNode | undefined): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);

/**
 * Says of a node whether it was removed with the directory `top`: if all directories up to that are among those that are removed.
 * Of one in another directory that is united with one of these it says nothing.
 */
export function viaOf(
  replica: TreeReplica,
  top: string | undefined,
  removed: readonly string[],
): (id: string) => string | undefined {
  const { parents } = rebuild(
    replica.registers(),
    (id) => replica.headsOf(id),
    () => 0,
  );
  return (id) => {
    let at: string | undefined = id;
    while (at !== undefined && at !== top && removed.includes(at)) at = parents.get(at);
    return at !== undefined && at === top && id !== top ? top : undefined;
  };
}
