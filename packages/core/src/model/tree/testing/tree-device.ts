/**
 * A device with a tree, operated by path like a file system. Contents are only counted: an edit is a record of its
 * author in a file's document, and who hears of an author's edits hears of a prefix of them.
 */
import type { Registers, Shown } from '@evermesh/testkit/tree';
import * as Y from 'yjs';
import {
  type AuthorId,
  authorOf,
  type DeviceId,
  type DocumentId,
  documentOf,
  type NodeId,
  nodeIdFrom,
  type RunId,
} from '../../../base/index.ts';
import { type Heads, NO_HEADS } from '../../../protocol/index.ts';
import { FolderTree, type NodeKind, ROOT, type ShownNode } from '../index.ts';

export class TreeDevice {
  readonly number: number;
  readonly tag: string;
  readonly author: AuthorId;
  readonly doc: Y.Doc;
  readonly tree: FolderTree;
  /** The documents of this device's edits, in order. */
  readonly edits: DocumentId[] = [];
  readonly #documents = new Map<DocumentId, Map<AuthorId, number>>();
  readonly #heard = new Map<AuthorId, number>();
  #nodes = 0;

  constructor(number: number, state?: Uint8Array) {
    this.number = number;
    this.tag = number.toString(16).repeat(10).slice(0, 10);
    this.author = authorOf(
      this.tag.padEnd(32, '0') as DeviceId,
      this.tag.padEnd(16, '0').slice(0, 16) as RunId,
    );
    this.doc = new Y.Doc();
    this.doc.clientID = number;
    if (state !== undefined) Y.applyUpdate(this.doc, state);
    this.tree = new FolderTree(this.doc, {
      tag: this.tag,
      newNodeId: () =>
        nodeIdFrom(Uint8Array.of(number, ...new Uint8Array(9), this.#nodes >> 8, this.#nodes++ & 255)),
      documentHeads: (document) => this.documentHeads(document),
    });
  }

  /** Of each author, how many of its edits. */
  get heard(): Heads {
    return this.#heard;
  }

  documentHeads(document: DocumentId): Heads {
    return this.#documents.get(document) ?? NO_HEADS;
  }

  mkdir(path: string): NodeId {
    return this.make(path, 'directory');
  }

  write(path: string): NodeId {
    return this.make(path, 'file');
  }

  make(path: string, kind: NodeKind, extra: { seed?: boolean; id?: NodeId } = {}): NodeId {
    const { parent, name } = this.#place(path);
    return this.tree.create({ parent, name, kind, digest: '', ...extra });
  }

  mv(from: string, to: string): void {
    const { parent, name } = this.#place(to);
    this.tree.place(this.at(from).id, parent, name);
  }

  rm(path: string): void {
    this.tree.remove(this.tree.descendants(this.at(path).id));
  }

  edit(path: string): void {
    const document = documentOf(this.at(path).id);
    this.edits.push(document);
    this.hear(this, this.edits.length);
  }

  /** Hears of the first `count` edits of another device, by default of all. */
  hear(other: TreeDevice, count: number = other.edits.length): void {
    const heard = this.#heard.get(other.author) ?? 0;
    const news = other.edits.slice(heard, count);
    if (news.length === 0) return;
    this.#heard.set(other.author, heard + news.length);
    for (const [i, document] of news.entries()) {
      const heads = this.#documents.get(document) ?? new Map<AuthorId, number>();
      this.#documents.set(document, heads.set(other.author, heard + i + 1));
    }
    this.tree.documentsChanged(news);
  }

  /** Receives another's registers, not its edits. */
  receive(other: TreeDevice): void {
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(this.doc)));
  }

  /** Receives only what the other wrote itself, so what that rests on may be missing. */
  receiveAlone(other: TreeDevice): void {
    const known = Y.encodeStateVector(other.doc);
    const others = new Map([...Y.decodeStateVector(known)].filter(([client]) => client !== other.number));
    Y.applyUpdate(this.doc, Y.diffUpdate(Y.encodeStateAsUpdate(other.doc), Y.encodeStateVector(others)));
  }

  at(path: string): ShownNode {
    const node = this.tree.resolve(path);
    if (node === undefined) throw new Error(`nothing at ${path} among ${this.paths().join(' ')}`);
    return node;
  }

  paths(): string[] {
    return [...this.tree.nodes()].map(({ id }) => this.tree.pathOf(id)).sort();
  }

  /** Every node at its path, as an oracle says it. Anything at two paths, or two at one, throws. */
  shown(): Map<string, Shown> {
    const shown = new Map<string, Shown>();
    for (const { id, kind, executable, deletedButAlive } of this.tree.nodes()) {
      const path = this.tree.pathOf(id);
      if (shown.has(path)) throw new Error(`two are at ${path}`);
      shown.set(path, { id, kind, executable, skeleton: deletedButAlive });
    }
    return shown;
  }

  registers(): Registers {
    const map = (name: string): ReadonlyMap<string, unknown> => new Map(this.doc.getMap(name).entries());
    return { c: map('c'), p: map('p'), n: map('n'), x: map('x'), d: map('d'), e: map('e'), m: map('m') };
  }

  #place(path: string): { parent: NodeId; name: string } {
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? ROOT : this.at(path.slice(0, slash)).id;
    return { parent, name: path.slice(slash + 1) };
  }
}

/** Everybody receives and hears everything. */
export function exchange(...devices: readonly TreeDevice[]): void {
  for (const to of devices) {
    for (const from of devices) {
      if (from === to) continue;
      to.receive(from);
      to.hear(from);
    }
  }
}
