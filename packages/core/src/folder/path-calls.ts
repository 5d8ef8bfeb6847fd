/**
 * What calls by path have in common: a path is resolved once, in the turn in which the operation is made; from there on everything
 * goes by identity.
 */
import type * as Y from 'yjs';
import { documentOf, gather, newNodeId, type NodeId, SerialQueue } from '../base/index.ts';
import { type FileContent, ROOT, type ShownNode } from '../model/index.ts';
import type { Heads } from '../protocol/index.ts';
import { applyOperations } from './apply-operations.ts';
import { hasArrived } from './arrived.ts';
import { piecesOf } from './file-bytes.ts';
import type { FolderState } from './folder-state.ts';
import type { NodeOperation } from './nodes.ts';
import { exists, notDirectory, notFound, notHere, splitPath } from './paths.ts';

export class PathCalls {
  readonly #state: FolderState;
  /** Calls take effect in the order they were made, whatever each has to read first. */
  readonly #queue: SerialQueue = new SerialQueue();

  constructor(state: FolderState) {
    this.#state = state;
  }

  /** Does this behind every call made so far. */
  run<Result>(call: () => Promise<Result>): Promise<Result> {
    return this.#queue.run(call);
  }

  /** Resolves when every call made so far is in the log. */
  settled(): Promise<void> {
    return this.#queue.idle();
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

  /**
   * The bytes of a content; a blob that is damaged is fetched again.
   * @throws BLOB_DAMAGED
   */
  async bytesOf(content: FileContent, reader: NodeId): Promise<Uint8Array> {
    return (await gather(piecesOf(this.#state, content, reader))) as Uint8Array;
  }

  /** The directory these names lead to; what is missing of it is added to `operations`. @throws PATH_NOT_DIRECTORY, PATH_EXISTS */
  directory(names: readonly string[], operations: NodeOperation[], path: string): NodeId {
    let parent = ROOT;
    for (const name of names) {
      const node = operations.length === 0 ? this.#state.tree.child(parent, name) : undefined;
      if (node !== undefined && node.kind !== 'directory') throw notDirectory(path);
      if (node === undefined) {
        // Under another spelling. Told before anything else of the call is done.
        const holder = operations.length === 0 ? this.#state.tree.childByKey(parent, name) : undefined;
        if (holder !== undefined) throw exists(this.#state.tree.pathOf(holder.id));
        const id = this.newId();
        operations.push({ type: 'create', id, parent, name, kind: 'directory', digest: '' });
        parent = id;
      } else parent = node.id;
    }
    return parent;
  }

  /**
   * The heads that a reader of the newest state would have been shown. Of a file whose first content has yet to arrive
   * nobody was shown anything: what is written now and that content would end up one behind the other.
   */
  async heads(node: Pick<ShownNode, 'id' | 'digest'>, path: string): Promise<Heads> {
    const document = documentOf(node.id);
    await this.readable(node, path);
    return this.#state.heldHeads(document);
  }

  /** The newest state of a file whose first content is here. @throws CONTENT_NOT_HERE */
  async readable(node: Pick<ShownNode, 'id' | 'digest'>, path: string): Promise<Y.Doc> {
    const doc = await this.#state.documents.newest(documentOf(node.id));
    if (!hasArrived(this.#state, node, doc)) throw notHere(path);
    return doc;
  }

  newId(): NodeId {
    return newNodeId(this.#state.options.random);
  }

  /** @throws FOLDER_NOT_READY, CONTENT_TOO_LARGE, DEVICE_FORKED; what an operation could not do */
  async apply(operations: readonly NodeOperation[]): Promise<void> {
    if (operations.length === 0) return;
    this.#state.checkReady();
    const { result, durable } = await applyOperations(this.#state, operations, { isShown: false });
    // `flush` reports what the store could not take; nobody else waits for it.
    durable.catch(() => undefined);
    for (const failure of result.failures.values()) throw failure;
  }
}
