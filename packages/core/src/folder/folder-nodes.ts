/** A folder by identity, over its state. */
import type * as Y from 'yjs';
import { type BlobName, documentOf, Listeners, newNodeId, type NodeId, utf8 } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import { areaPrefix, type StoreOperation } from '../log/index.ts';
import {
  contentDigest,
  digestOfBlob,
  type FileContent,
  type FileState,
  type FirstContent,
  type NodeKind,
  readFile,
  type ShownNode,
} from '../model/index.ts';
import { covers, equalHeads, type Heads, NO_HEADS } from '../protocol/index.ts';
import { applyOperations } from './apply-operations.ts';
import { hasArrived, isAwaited, isNowhere } from './arrived.ts';
import { type FolderState, SECRET } from './folder-state.ts';
import { forgetBaseRow } from './shown-bases.ts';
import { importId } from './import-id.ts';
import { LOCAL } from './local-records.ts';
import type { ApplyOptions, ApplyResult, FolderNodes, NodeContent, NodeOperation } from './nodes.ts';

export class StateNodes implements FolderNodes {
  readonly changed: Listeners<readonly NodeId[]> = new Listeners();
  readonly #state: FolderState;

  constructor(state: FolderState) {
    this.#state = state;
    state.steps.add(({ tree, edited }) =>
      this.changed.emit([...new Set([...tree.map(({ id }) => id), ...edited])]),
    );
    // What is done here is a step at once. Whoever asks for heads then is told of those before, and has to be told again.
    state.log.appended.add(({ entries, source }) => {
      if (source !== LOCAL) return;
      const documents = new Set(entries.map(({ record }) => record.header.document));
      const ids = [...documents].flatMap((document) => this.node(document as string as NodeId)?.id ?? []);
      if (ids.length > 0) this.changed.emit(ids);
    });
  }

  get ready(): boolean {
    return this.#state.ready;
  }

  get failure(): EvermeshError | undefined {
    return this.#state.failure;
  }

  node(id: NodeId): ShownNode | undefined {
    return this.#state.tree.node(id);
  }

  children(parent: NodeId): ShownNode[] {
    return this.#state.tree.children(parent);
  }

  all(): Iterable<ShownNode> {
    return this.#state.tree.nodes();
  }

  pathOf(id: NodeId): string {
    return this.#state.tree.pathOf(id);
  }

  nameKey(name: string): string {
    return this.#state.tree.nameKey(name);
  }

  nameConflicts(): ShownNode[] {
    return this.#state.tree.nameConflicts();
  }

  headsOf(id: NodeId): Heads {
    return this.#state.log.document(documentOf(id))?.heads ?? NO_HEADS;
  }

  isAwaited(id: NodeId): boolean {
    return isAwaited(this.#state, id);
  }

  async content(id: NodeId): Promise<NodeContent | undefined> {
    const { log, documents } = this.#state;
    const document = documentOf(id);
    for (;;) {
      const before = this.#state.heldHeads(document);
      const first = await documents.firstContent(document);
      const read = first ?? (await documents.newest(document));
      const heads = this.#state.heldHeads(document);
      // A document in memory follows what arrives; what was read from the store does not.
      if (first !== undefined && !equalHeads(heads, before)) continue;
      const node = this.node(id);
      const file = node && stateOf(this.#state, node, read);
      if (file === undefined) return undefined;
      // What is shown must be durable, however much is typed meanwhile.
      while (!covers(this.headsOf(id), heads)) await log.idle();
      const { shown, others } = file;
      if (shown.kind === 'blob' && !(await this.#isHere(shown.name, id))) return undefined;
      return { content: shown, heads, others };
    }
  }

  async isHere(id: NodeId): Promise<boolean> {
    const node = this.node(id);
    if (node === undefined || node.kind === 'directory') return node !== undefined;
    const { documents, options } = this.#state;
    const document = documentOf(id);
    // Of most of what is left nothing is here: that takes no look at a document.
    if (isNowhere(this.#state, node)) return false;
    const read = (await documents.firstContent(document)) ?? (await documents.newest(document));
    const file = stateOf(this.#state, node, read);
    if (file === undefined || isAwaited(this.#state, id)) return false;
    for (const name of blobsIn(file)) if ((await options.contents.size(name)) === undefined) return false;
    return true;
  }

  /** Asked again once its arrival would be told: what came while the first answer was on its way was told to nobody. */
  async #isHere(name: BlobName, reader: NodeId): Promise<boolean> {
    const { contents } = this.#state.options;
    if ((await contents.size(name)) !== undefined) return true;
    await this.#state.miss(name, reader);
    return (await contents.size(name)) !== undefined;
  }

  async headsOfVersion(id: NodeId, digest: string): Promise<Heads | undefined> {
    if (digest === '' && this.node(id)?.digest === '') return NO_HEADS;
    let found: Heads | undefined;
    for await (const { doc, step } of this.#state.documents.history(documentOf(id))) {
      if (digestOf(readFile(doc).shown) === digest) found = step.heads;
    }
    return found;
  }

  newNodeId(): NodeId {
    return newNodeId(this.#state.options.random);
  }

  importId(path: string, kind: NodeKind, digest: string): NodeId {
    const id = importId(this.#state.tree.metadata(SECRET) ?? '', path, kind, digest);
    return this.#state.tree.knows(id) ? this.newNodeId() : id;
  }

  async apply(operations: readonly NodeOperation[], options: ApplyOptions = {}): Promise<ApplyResult> {
    this.#state.checkReady();
    const { result, durable } = await applyOperations(this.#state, operations, options);
    await durable;
    return result;
  }

  async *rows(area: string): AsyncGenerator<[string, Uint8Array]> {
    yield* this.#state.log.read.area(area);
  }

  row(area: string, key: string, value?: Uint8Array): StoreOperation {
    const full = areaPrefix(this.#state.log.folder, area) + key;
    return value === undefined ? { type: 'del', key: full } : { type: 'put', key: full, value };
  }

  shownNoMore(id: NodeId, heads: Heads): StoreOperation {
    return forgetBaseRow(this.#state, id, heads);
  }

  shows(isShown: (id: NodeId, covers: Heads) => boolean): () => void {
    return this.#state.inUse.shows(isShown);
  }

  keep(rows: readonly StoreOperation[]): Promise<void> {
    return this.#state.options.committer.commit(rows);
  }
}

function blobsIn({ shown, others }: Pick<FileState, 'shown' | 'others'>): BlobName[] {
  const contents = [shown, ...others.map(({ content }) => content)];
  return contents.flatMap((content) => (content.kind === 'blob' ? [content.name] : []));
}

/** What a file is, if the content that it begins with is here. */
function stateOf(
  state: FolderState,
  node: Pick<ShownNode, 'id' | 'digest'>,
  read: Y.Doc | FirstContent,
): Pick<FileState, 'shown' | 'others'> | undefined {
  if (!('content' in read)) return hasArrived(state, node, read) ? readFile(read) : undefined;
  const { digest } = node;
  return digest === '' || read.digest === digest ? { shown: read.content, others: [] } : undefined;
}

const digestOf = (content: FileContent): string =>
  content.kind === 'blob' ? digestOfBlob(content.name) : contentDigest(utf8(content.text));
