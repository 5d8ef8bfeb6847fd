/**
 * The folder API by path, in the manner of `node:fs/promises`. A path is resolved once, in the turn in which the
 * operation is made; from there on everything goes by identity.
 */
import type * as Y from 'yjs';
import {
  type BlobName,
  concatBytes,
  documentOf,
  newNodeId,
  type NodeId,
  SerialQueue,
  utf8,
} from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import {
  contentDigest,
  digestOfBlob,
  type FileContent,
  hasFirstContent,
  ROOT,
  readFile,
  type ShownNode,
  textOf,
} from '../model/index.ts';
import type { Heads } from '../protocol/index.ts';
import { applyOperations } from './apply-operations.ts';
import { removalsOf } from './call-bounds.ts';
import type { FolderState } from './folder-state.ts';
import type { OpenFile } from './live-documents.ts';
import type { FolderNodes, NodeOperation } from './nodes.ts';
import {
  exists,
  intoSelf,
  isDirectory,
  notDirectory,
  notFound,
  notHere,
  noText,
  quoted,
  splitPath,
} from './paths.ts';
import { Copy, type CopyOptions } from './copy.ts';

export class PathOperations {
  readonly #state: FolderState;
  readonly #nodes: FolderNodes;
  /** Calls take effect in the order they were made, whatever each has to read first. */
  readonly #queue: SerialQueue = new SerialQueue();

  constructor(state: FolderState, nodes: FolderNodes) {
    this.#state = state;
    this.#nodes = nodes;
  }

  /** The node at a path, `undefined` for the root. @throws PATH_NOT_FOUND, FORMAT_TOO_NEW */
  find(path: string): ShownNode | undefined {
    if (this.#state.failure !== undefined) throw this.#state.failure;
    let parent = ROOT;
    let node: ShownNode | undefined;
    for (const name of splitPath(path)) {
      node = this.#state.tree.child(parent, name);
      if (node === undefined) throw notFound(path);
      parent = node.id;
    }
    return node;
  }

  list(path: string): ShownNode[] {
    const node = this.find(path);
    if (node !== undefined && node.kind !== 'directory') throw notDirectory(path);
    return this.#state.tree.children(node?.id ?? ROOT);
  }

  stat(path: string): Pick<ShownNode, 'id' | 'kind' | 'executable'> {
    const { id, kind, executable } = this.find(path) ?? { id: ROOT, kind: 'directory', executable: false };
    return { id, kind, executable };
  }

  /** Resolves when every call made so far is in the log. */
  settled(): Promise<void> {
    return this.#queue.idle();
  }

  async read(path: string): Promise<Uint8Array> {
    const node = this.find(path);
    if (node === undefined || node.kind === 'directory') throw isDirectory(path);
    const found = await this.#nodes.content(node.id);
    if (found === undefined) throw notHere(path);
    const { content } = found;
    return content.kind === 'text' ? utf8(content.text) : this.#blob(content.name, node.id);
  }

  /** One that is damaged is fetched again. */
  async #blob(name: BlobName, reader: NodeId): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of this.#state.options.blobs.read(name)) pieces.push(piece);
    } catch (error) {
      if (isEvermeshError(error, 'BLOB_DAMAGED')) this.#state.miss(name, reader);
      throw error;
    }
    return concatBytes(pieces);
  }

  /** A file to type into. */
  open(path: string): Promise<OpenFile> {
    return this.#queue.run(async () => {
      const node = this.find(path);
      if (node === undefined || node.kind === 'directory') throw isDirectory(path);
      const doc = await this.#readable(node, path);
      if (readFile(doc).shown.kind !== 'text') throw noText(path);
      this.#state.checkReady();
      return this.#state.live.openFile(node.id);
    });
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.#queue.run(async () => {
      const { content, digest } = await this.#store(bytes);
      const names = splitPath(path);
      const name = names.pop();
      if (name === undefined) throw isDirectory(path);
      const operations: NodeOperation[] = [];
      const parent = this.#directory(names, operations, path);
      const node = operations.length === 0 ? this.#state.tree.child(parent, name) : undefined;
      if (node?.kind === 'directory') throw isDirectory(path);
      if (node === undefined) {
        operations.push({ type: 'create', id: this.#newId(), parent, name, kind: 'file', content, digest });
      } else {
        // Who writes by path means the file as it is, not as somebody's disk showed it.
        operations.push({ type: 'save', id: node.id, content, shown: await this.#heads(node, path) });
      }
      await this.#apply(operations);
    });
  }

  makeDirectory(path: string, recursive: boolean): Promise<void> {
    return this.#queue.run(async () => {
      const names = splitPath(path);
      const operations: NodeOperation[] = [];
      if (recursive) {
        this.#directory(names, operations, path);
      } else {
        const name = names.pop();
        if (name === undefined) throw exists(path);
        const parent = this.find(names.join('/'));
        if (parent !== undefined && parent.kind !== 'directory') throw notDirectory(path);
        operations.push({
          type: 'create',
          id: this.#newId(),
          parent: parent?.id ?? ROOT,
          name,
          kind: 'directory',
          digest: '',
        });
      }
      await this.#apply(operations);
    });
  }

  move(from: string, to: string): Promise<void> {
    return this.#queue.run(async () => {
      const node = this.find(from);
      const names = splitPath(to);
      const name = names.pop();
      if (node === undefined || name === undefined)
        throw new EvermeshError('PATH_INVALID', 'The root cannot be moved or replaced.');
      const parent = this.find(names.join('/'));
      if (parent !== undefined && parent.kind !== 'directory') throw notDirectory(to);
      // Looked at here already: what is in the way must not be removed for a move that cannot be.
      if (this.#isInside(parent, node)) throw intoSelf(from, to);
      const there = this.#state.tree.childByKey(parent?.id ?? ROOT, name);
      const operations: NodeOperation[] = [{ type: 'place', id: node.id, parent: parent?.id ?? ROOT, name }];
      // As rename(2) does: a file takes a file's place, a directory an empty directory's.
      if (there !== undefined && there.id !== node.id) {
        if (there.kind === 'directory' && node.kind !== 'directory') throw isDirectory(to);
        if (there.kind !== 'directory' && node.kind === 'directory') throw notDirectory(to);
        if (there.kind === 'directory' && this.#state.tree.children(there.id).length > 0) throw notEmpty(to);
        operations.unshift({ type: 'remove', ids: [there.id] });
      }
      await this.#apply(operations);
    });
  }

  copy(from: string, to: string, options: CopyOptions): Promise<void> {
    return this.#queue.run(async () => {
      const node = this.find(from);
      const names = splitPath(to);
      const name = names.pop();
      if (node === undefined || name === undefined)
        throw new EvermeshError('PATH_INVALID', 'The root cannot be copied, or be a copy.');
      const operations: NodeOperation[] = [];
      const parent = this.#directory(names, operations, to);
      const headsOf = (there: ShownNode, path: string): Promise<Heads> => this.#heads(there, path);
      const copy = new Copy({ state: this.#state, nodes: this.#nodes, headsOf, operations }, options);
      await copy.plan({ node, path: from }, { parent, name, path: to });
      await this.#apply(copy.operations);
    });
  }

  remove(path: string, options: { recursive: boolean; force: boolean }): Promise<void> {
    return this.#queue.run(async () => {
      const node = this.#findOr(path, options.force);
      if (node === undefined) return;
      const ids = this.#state.tree.descendants(node.id);
      if (node.kind === 'directory' && !options.recursive) {
        if (ids.length > 1) throw notEmpty(path);
      }
      for (const part of removalsOf(ids)) await this.#apply([{ type: 'remove', ids: part }]);
    });
  }

  /** Whether `node` is this directory or one above it. */
  #isInside(directory: ShownNode | undefined, node: ShownNode): boolean {
    for (let at = directory; at !== undefined; at = this.#state.tree.node(at.parent))
      if (at.id === node.id) return true;
    return false;
  }

  #findOr(path: string, force: boolean): ShownNode | undefined {
    try {
      const node = this.find(path);
      if (node === undefined) throw new EvermeshError('PATH_INVALID', 'The root cannot be removed.');
      return node;
    } catch (error) {
      if (force && error instanceof EvermeshError && error.code === 'PATH_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** The directory these names lead to; what is missing of it is added to `operations`. */
  #directory(names: readonly string[], operations: NodeOperation[], path: string): NodeId {
    let parent = ROOT;
    for (const name of names) {
      const node = operations.length === 0 ? this.#state.tree.child(parent, name) : undefined;
      if (node !== undefined && node.kind !== 'directory') throw notDirectory(path);
      if (node === undefined) {
        const id = this.#newId();
        operations.push({ type: 'create', id, parent, name, kind: 'directory', digest: '' });
        parent = id;
      } else parent = node.id;
    }
    return parent;
  }

  async #store(bytes: Uint8Array): Promise<{ content: FileContent; digest: string }> {
    const text = textOf(bytes);
    if (text !== undefined) return { content: { kind: 'text', text }, digest: contentDigest(bytes) };
    const { name, size } = await this.#state.options.blobs.write(once(bytes));
    return { content: { kind: 'blob', name, size }, digest: digestOfBlob(name) };
  }

  /**
   * The heads that a reader of the newest state would have been shown. Of a file whose first content has yet to arrive
   * nobody was shown anything: what is written now and that content would end up one behind the other.
   */
  async #heads(node: ShownNode, path: string): Promise<Heads> {
    const document = documentOf(node.id);
    await this.#readable(node, path);
    return this.#state.heldHeads(document);
  }

  async #readable({ id, digest }: ShownNode, path: string): Promise<Y.Doc> {
    const doc = await this.#state.documents.newest(documentOf(id));
    if (!hasFirstContent(doc, digest)) throw notHere(path);
    return doc;
  }

  #newId(): NodeId {
    return newNodeId(this.#state.options.random);
  }

  async #apply(operations: readonly NodeOperation[]): Promise<void> {
    if (operations.length === 0) return;
    this.#state.checkReady();
    const { result, durable } = await applyOperations(this.#state, operations, { isShown: false });
    // `flush` reports what the store could not take; nobody else waits for it.
    durable.catch(() => undefined);
    for (const failure of result.failures.values()) throw failure;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const notEmpty = (path: string): EvermeshError =>
  new EvermeshError(
    'PATH_NOT_EMPTY',
    `The directory ${quoted(path)} is not empty. Use { recursive: true }.`,
    { details: { path } },
  );
