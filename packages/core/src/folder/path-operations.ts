/**
 * The folder API by path, in the manner of `node:fs/promises`. A path is resolved once, in the turn in which the
 * operation is made; from there on everything goes by identity.
 */
import { documentOf, gather, type NodeId } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { type NodeKind, ROOT, readFile, type ShownNode } from '../model/index.ts';
import type { Heads } from '../protocol/index.ts';
import { removalsOf } from './call-bounds.ts';
import { piecesOf, storeBytes, type StoredContent, storePieces } from './file-bytes.ts';
import { fetchContents, type FetchOptions } from './fetch-contents.ts';
import type { FolderState } from './folder-state.ts';
import type { OpenFile } from './live-documents.ts';
import type { FolderNodes, NodeOperation } from './nodes.ts';
import type { PathCalls } from './path-calls.ts';
import { exists, intoSelf, isDirectory, notDirectory, notHere, noText, quoted, splitPath } from './paths.ts';
import { resolveAt } from './resolve-conflict.ts';
import { Copy, type CopyOptions } from './copy.ts';

export interface Stat {
  readonly id: ShownNode['id'];
  readonly kind: NodeKind;
  readonly executable: boolean;
  /** Whether its content is here, up to what any peer told of; of a directory always. */
  readonly isHere: boolean;
}

/** What is in a directory. */
export interface Entry extends Stat {
  readonly name: string;
}

export class PathOperations {
  readonly #state: FolderState;
  readonly #nodes: FolderNodes;
  readonly #calls: PathCalls;

  constructor(state: FolderState, nodes: FolderNodes, calls: PathCalls) {
    this.#state = state;
    this.#nodes = nodes;
    this.#calls = calls;
  }

  list(path: string): ShownNode[] {
    const node = this.#calls.find(path);
    if (node !== undefined && node.kind !== 'directory') throw notDirectory(path);
    return this.#state.tree.children(node?.id ?? ROOT);
  }

  async stat(path: string): Promise<Stat> {
    const node = this.#calls.find(path);
    if (node === undefined) return { id: ROOT, kind: 'directory', executable: false, isHere: true };
    return this.#statOf(node);
  }

  async stats(path: string): Promise<Entry[]> {
    const found: Entry[] = [];
    for (const node of this.list(path)) found.push({ name: node.name, ...(await this.#statOf(node)) });
    return found;
  }

  async #statOf({ id, kind, executable }: ShownNode): Promise<Stat> {
    return { id, kind, executable, isHere: await this.#nodes.isHere(id) };
  }

  async read(path: string): Promise<Uint8Array> {
    return (await gather(this.readPieces(path))) as Uint8Array;
  }

  async *readPieces(path: string): AsyncGenerator<Uint8Array> {
    const node = this.#calls.find(path);
    if (node === undefined || node.kind === 'directory') throw isDirectory(path);
    if (this.#state.bodies.policy !== 'all') await this.#fetchFirst(node.id);
    const found = await this.#nodes.content(node.id);
    if (found === undefined) throw notHere(path);
    yield* piecesOf(this.#state, found.content, node.id);
  }

  /** What is here is read, whatever cannot be had of what a peer told of, or of what is in conflict with it. */
  async #fetchFirst(id: NodeId): Promise<void> {
    try {
      await fetchContents(this.#state, this.#nodes, [id]);
    } catch (error) {
      if (!isEvermeshError(error, 'CONTENT_NOT_HERE')) throw error;
    }
  }

  /** Resolves when all that is shown there is here. */
  fetch(path: string, options: FetchOptions): Promise<void> {
    const node = this.#calls.find(path);
    const ids = this.#state.tree.descendants(node?.id ?? ROOT);
    return fetchContents(this.#state, this.#nodes, ids, options);
  }

  /** A file to type into. What is behind that call does not wait for a content that is fetched. */
  async open(path: string): Promise<OpenFile> {
    try {
      return await this.#open(path);
    } catch (error) {
      if (this.#state.bodies.policy === 'all' || !isEvermeshError(error, 'CONTENT_NOT_HERE')) throw error;
    }
    await this.fetch(path, {});
    return this.#open(path);
  }

  #open(path: string): Promise<OpenFile> {
    return this.#calls.run(async () => {
      const node = this.#calls.find(path);
      if (node === undefined || node.kind === 'directory') throw isDirectory(path);
      const doc = await this.#calls.readable(node, path);
      if (readFile(doc).shown.kind !== 'text') throw noText(path);
      this.#state.checkReady();
      // What began empty is kept in step as well.
      this.#state.bodies.ask([documentOf(node.id)]);
      return this.#state.live.openFile(node.id);
    });
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.#writeStored(path, () => storeBytes(this.#state.options.contents, bytes));
  }

  /** Other calls do not wait for the pieces: it takes effect when they are here. */
  async writePieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const stored = await storePieces(this.#state.options.contents, pieces);
    return this.#writeStored(path, () => Promise.resolve(stored));
  }

  #writeStored(path: string, store: () => Promise<StoredContent>): Promise<void> {
    return this.#calls.run(async () => {
      const { content, digest } = await store();
      const names = splitPath(path);
      const name = names.pop();
      if (name === undefined) throw isDirectory(path);
      const operations: NodeOperation[] = [];
      const parent = this.#calls.directory(names, operations, path);
      const node = operations.length === 0 ? this.#state.tree.child(parent, name) : undefined;
      if (node?.kind === 'directory') throw isDirectory(path);
      if (node === undefined) {
        operations.push({
          type: 'create',
          id: this.#calls.newId(),
          parent,
          name,
          kind: 'file',
          content,
          digest,
        });
      } else {
        // Who writes by path means the file as it is, not as somebody's disk showed it.
        operations.push({ type: 'save', id: node.id, content, shown: await this.#calls.heads(node, path) });
      }
      await this.#calls.apply(operations);
    });
  }

  makeDirectory(path: string, recursive: boolean): Promise<void> {
    return this.#calls.run(async () => {
      const names = splitPath(path);
      const operations: NodeOperation[] = [];
      if (recursive) {
        this.#calls.directory(names, operations, path);
      } else {
        const name = names.pop();
        if (name === undefined) throw exists(path);
        const parent = this.#calls.find(names.join('/'));
        if (parent !== undefined && parent.kind !== 'directory') throw notDirectory(path);
        operations.push({
          type: 'create',
          id: this.#calls.newId(),
          parent: parent?.id ?? ROOT,
          name,
          kind: 'directory',
          digest: '',
        });
      }
      await this.#calls.apply(operations);
    });
  }

  move(from: string, to: string): Promise<void> {
    return this.#calls.run(async () => {
      const node = this.#calls.find(from);
      const names = splitPath(to);
      const name = names.pop();
      if (node === undefined || name === undefined)
        throw new EvermeshError('PATH_INVALID', 'The root cannot be moved or replaced.');
      const parent = this.#calls.find(names.join('/'));
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
      await this.#calls.apply(operations);
    });
  }

  copy(from: string, to: string, options: CopyOptions): Promise<void> {
    return this.#calls.run(async () => {
      const node = this.#calls.find(from);
      const names = splitPath(to);
      const name = names.pop();
      if (node === undefined || name === undefined)
        throw new EvermeshError('PATH_INVALID', 'The root cannot be copied, or be a copy.');
      const operations: NodeOperation[] = [];
      const parent = this.#calls.directory(names, operations, to);
      const headsOf = (there: ShownNode, path: string): Promise<Heads> => this.#calls.heads(there, path);
      const copy = new Copy({ state: this.#state, nodes: this.#nodes, headsOf, operations }, options);
      await copy.plan({ node, path: from }, { parent, name, path: to });
      await this.#calls.apply(copy.operations);
    });
  }

  remove(path: string, options: { recursive: boolean; force: boolean }): Promise<void> {
    return this.#calls.run(async () => {
      const node = this.#findOr(path, options.force);
      if (node === undefined) return;
      const ids = this.#state.tree.descendants(node.id);
      if (node.kind === 'directory' && !options.recursive) {
        if (ids.length > 1) throw notEmpty(path);
      }
      for (const part of removalsOf(ids)) await this.#calls.apply([{ type: 'remove', ids: part }]);
    });
  }

  resolve(path: string, choice: string): Promise<string[]> {
    return this.#calls.run(async () => {
      const node = this.#calls.find(path);
      if (node === undefined || node.kind === 'directory') throw isDirectory(path);
      this.#state.checkReady();
      return resolveAt(this.#state, this.#nodes, { node, path }, choice);
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
      const node = this.#calls.find(path);
      if (node === undefined) throw new EvermeshError('PATH_INVALID', 'The root cannot be removed.');
      return node;
    } catch (error) {
      if (force && error instanceof EvermeshError && error.code === 'PATH_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

const notEmpty = (path: string): EvermeshError =>
  new EvermeshError(
    'PATH_NOT_EMPTY',
    `The directory ${quoted(path)} is not empty. Use { recursive: true }.`,
    { details: { path } },
  );
