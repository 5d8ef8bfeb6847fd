/**
 * The history of a folder by path: versions of files, what was removed, and bringing either back. Bringing back is an operation like
 * any other: a text becomes edits of what is there now, contents that are no text a new version, and what was removed is revived.
 */
import { type NodeId, utf8 } from '../../base/index.ts';
import {
  contentDigest,
  digestOfBlob,
  type FileContent,
  type GoneNode,
  type NodeKind,
} from '../../model/index.ts';
import { isNowhere } from '../arrived.ts';
import type { FolderState } from '../folder-state.ts';
import type { NodeOperation } from '../nodes.ts';
import type { PathCalls } from '../path-calls.ts';
import { exists, isDirectory, notFound, notHere, splitPath } from '../paths.ts';
import { type DiffOptions, diffOf, type FileDiff } from './file-diff.ts';
import type { FileVersion, VersionName } from './file-version.ts';
import type { PastChange } from './past-change.ts';
import { pastChanges, type PastOptions } from './past-changes.ts';
import { type TrashEntry, trashOf } from './trash.ts';
import { type HistoricFile, versionAt, versionsOf, type VersionsOptions } from './versions.ts';

export interface RestoreOptions {
  /** What the file is to hold again. Default: what was removed at the path comes back as it was. */
  readonly version?: VersionName | undefined;
  /** Where it goes instead. A version becomes a new file there, what was removed is moved. */
  readonly to?: string | undefined;
  /** Which of the things that were removed at the path. Default: the last. */
  readonly id?: NodeId | undefined;
}

/** Nodes that are brought back in one call. */
const AT_ONCE = 500;

/** What has a history: a node that is shown, or gone. */
interface Historic extends HistoricFile {
  readonly kind: NodeKind;
  readonly executable: boolean;
  readonly isGone: boolean;
}

export class FolderHistory {
  readonly #state: FolderState;
  readonly #calls: PathCalls;

  constructor(state: FolderState, calls: PathCalls) {
    this.#state = state;
    this.#calls = calls;
  }

  async versions(path: string, options: VersionsOptions): Promise<FileVersion[]> {
    return versionsOf(this.#state, await this.#fileInTurn(path), options);
  }

  async read(path: string, version: VersionName): Promise<Uint8Array> {
    const file = await this.#fileInTurn(path);
    const content = await this.#contentHere(path, file, version);
    return this.#calls.bytesOf(content, file.id);
  }

  async diff(path: string, options: DiffOptions): Promise<FileDiff> {
    return diffOf(this.#state, await this.#fileInTurn(path), options);
  }

  async happened({ path = '', ...options }: PastOptions): Promise<PastChange[]> {
    await this.#calls.run(async () => this.#state.checkReady());
    return pastChanges(this.#state, { ...options, path: splitPath(path).join('/') });
  }

  async trash(): Promise<TrashEntry[]> {
    await this.#calls.run(async () => this.#state.checkReady());
    return trashOf(this.#state);
  }

  /** Answers the path where it is then. */
  async restore(path: string, { version, to, id }: RestoreOptions): Promise<string> {
    if (version === undefined) return this.#calls.run(async () => this.#revive(this.#goneAt(path, id), to));
    const found = await this.#fileInTurn(path, id);
    const content = await this.#contentHere(path, found, version);
    return this.#calls.run(async () => {
      if (to !== undefined) return this.#create(to, found, content);
      return this.#putBack(path, this.#fileById(path, found.id), content);
    });
  }

  /**
   * What is at a path when every call made so far has taken effect. What it was is read from the log then, which may take long: no call
   * waits for that.
   */
  #fileInTurn(path: string, id?: NodeId): Promise<Historic> {
    return this.#calls.run(async () => {
      const file = this.#file(path, id);
      // Of what is nowhere here it would be said that it never held anything.
      if (isNowhere(this.#state, file)) throw notHere(path);
      return file;
    });
  }

  async #revive(gone: GoneNode, to: string | undefined): Promise<string> {
    const { id, kind } = gone;
    const operations: NodeOperation[] = [];
    // What is placed is back, and of what it was in nothing: only then is what went with it asked for.
    if (to !== undefined) operations.push({ type: 'place', id, ...this.#freePlace(to, operations) });
    if (to === undefined || kind === 'directory') operations.push({ type: 'restore', id });
    const inside = this.#wentInside(gone);
    await this.#calls.apply(operations);
    for (let at = 0; at < inside.length; at += AT_ONCE)
      await this.#calls.apply(inside.slice(at, at + AT_ONCE));
    return this.#state.tree.pathOf(id);
  }

  /** What is in a directory went with the topmost one that was removed, and comes back by itself with that only. */
  #wentInside({ id, kind, path, operation, top }: GoneNode): NodeOperation[] {
    if (kind !== 'directory' || id === top) return [];
    return this.#state.tree
      .gone()
      .filter((node) => node.operation === operation && node.top === top && node.path.startsWith(`${path}/`))
      .map((node) => ({ type: 'restore', id: node.id }));
  }

  /** Whoever wrote something meanwhile keeps it: what is put back are edits of what is there. */
  async #putBack(path: string, { id, digest, isGone }: Historic, content: FileContent): Promise<string> {
    const shown = await this.#calls.heads({ id, digest }, path);
    const save: NodeOperation = { type: 'save', id, content, shown };
    await this.#calls.apply(isGone ? [{ type: 'restore', id }, save] : [save]);
    return this.#state.tree.pathOf(id);
  }

  async #create(to: string, { kind, executable }: Historic, content: FileContent): Promise<string> {
    const operations: NodeOperation[] = [];
    const place = this.#freePlace(to, operations);
    const digest = content.kind === 'blob' ? digestOfBlob(content.name) : contentDigest(utf8(content.text));
    const id = this.#calls.newId();
    await this.#calls.apply([
      ...operations,
      { type: 'create', id, ...place, kind, content, digest, executable },
    ]);
    return this.#state.tree.pathOf(id);
  }

  /** @throws PATH_EXISTS */
  #freePlace(to: string, operations: NodeOperation[]): { readonly parent: NodeId; readonly name: string } {
    const names = splitPath(to);
    const name = names.pop();
    if (name === undefined) throw exists(to);
    const parent = this.#calls.directory(names, operations, to);
    if (this.#state.tree.childByKey(parent, name) !== undefined) throw exists(to);
    return { parent, name };
  }

  /** A blob that is not here is fetched. @throws VERSION_NOT_FOUND, CONTENT_NOT_HERE */
  async #contentHere(path: string, file: HistoricFile, version: VersionName): Promise<FileContent> {
    const { content } = await versionAt(this.#state, file, version);
    if (content.kind === 'text') return content;
    const { contents } = this.#state.options;
    if ((await contents.size(content.name)) !== undefined) return content;
    await this.#state.miss(content.name, file.id);
    throw notHere(path);
  }

  /** What is shown at a path, or else what was removed there last. @throws FOLDER_NOT_READY, PATH_NOT_FOUND, PATH_IS_DIRECTORY */
  #file(path: string, id?: NodeId): Historic {
    this.#state.checkReady();
    const names = splitPath(path);
    if (names.length === 0) throw isDirectory(path);
    const shown = id === undefined ? this.#state.tree.resolve(names.join('/')) : undefined;
    const node = shown ?? this.#goneAt(path, id);
    if (node.kind === 'directory') throw isDirectory(path);
    return historic(node, shown === undefined);
  }

  /** The same one, wherever it is by now. @throws PATH_NOT_FOUND */
  #fileById(path: string, id: NodeId): Historic {
    const shown = this.#state.tree.node(id);
    const node = shown ?? this.#state.tree.gone().find((gone) => gone.id === id);
    if (node === undefined) throw notFound(path);
    return historic(node, shown === undefined);
  }

  /** The last that was removed at a path. @throws PATH_NOT_FOUND */
  #goneAt(path: string, id: NodeId | undefined): GoneNode {
    this.#state.checkReady();
    const name = splitPath(path).join('/');
    const isMeant = (node: GoneNode): boolean => (id === undefined || node.id === id) && node.path === name;
    const gone = this.#state.tree.gone().find(isMeant);
    if (gone === undefined) throw notFound(path);
    return gone;
  }
}

const historic = (
  { id, kind, digest, executable }: Pick<GoneNode, 'id' | 'kind' | 'digest' | 'executable'>,
  isGone: boolean,
): Historic => ({ id, kind, digest, executable, isGone });
