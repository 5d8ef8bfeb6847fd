/** What a copy is made of: new nodes with the contents that are shown, written into what is there already as `fs.cp` does. */
import { newNodeId, type NodeId, utf8 } from '../base/index.ts';
import { contentDigest, digestOfBlob, type FileContent, ROOT, type ShownNode } from '../model/index.ts';
import type { Heads } from '../protocol/index.ts';
import type { FolderState } from './folder-state.ts';
import type { FolderNodes, NodeOperation } from './nodes.ts';
import { exists, intoSelf, isDirectory, notDirectory, notHere } from './paths.ts';

export interface CopyOptions {
  /** Directories with all that is in them. Default: a directory is refused. */
  readonly recursive?: boolean;
  /** Whether a file that is there gets the content of the copied one. Default: yes. */
  readonly force?: boolean;
  /** Whether a file that is there, and stays as it is because of `force`, is an error. Default: no. */
  readonly errorOnExist?: boolean;
}

interface Source {
  readonly node: ShownNode;
  readonly path: string;
}

interface Target {
  /** Where it goes, which may be made by the same copy. */
  readonly parent: NodeId;
  readonly name: string;
  readonly path: string;
}

export class Copy {
  readonly operations: NodeOperation[];
  readonly #state: FolderState;
  readonly #nodes: Pick<FolderNodes, 'content'>;
  readonly #headsOf: (node: ShownNode, path: string) => Promise<Heads>;
  readonly #options: CopyOptions;

  /** @param operations make the directories that are missing on the way */
  constructor(
    parts: {
      readonly state: FolderState;
      readonly nodes: Pick<FolderNodes, 'content'>;
      readonly headsOf: (node: ShownNode, path: string) => Promise<Heads>;
      readonly operations: NodeOperation[];
    },
    options: CopyOptions,
  ) {
    this.operations = parts.operations;
    this.#state = parts.state;
    this.#nodes = parts.nodes;
    this.#headsOf = parts.headsOf;
    this.#options = options;
  }

  /** Looks at everything before anything is read: what is refused is refused at once. */
  async plan(from: Source, to: Target): Promise<void> {
    const files: (() => Promise<void>)[] = [];
    if (from.node.kind === 'directory' && this.#options.recursive !== true) throw isDirectory(from.path);
    for (let at: NodeId = to.parent; at !== ROOT; at = this.#parentOf(at))
      if (at === from.node.id) throw intoSelf(from.path, to.path);
    // Listed before anything is added: a copy does not copy itself.
    const waiting: [Source, Target][] = [[from, to]];
    for (const [source, target] of waiting) {
      const { node } = source;
      const there = this.#state.tree.childByKey(target.parent, target.name);
      if (there?.id === node.id) throw intoSelf(source.path, target.path);
      if (node.kind === 'directory') {
        const parent = this.#directory(there, target);
        for (const child of this.#state.tree.children(node.id))
          waiting.push([
            { node: child, path: `${source.path}/${child.name}` },
            { parent, name: child.name, path: `${target.path}/${child.name}` },
          ]);
      } else if (there === undefined) files.push(() => this.#create(source, target));
      else if (there.kind === 'directory') throw isDirectory(target.path);
      else if (this.#options.force ?? true) files.push(() => this.#write(source, there, target));
      else if (this.#options.errorOnExist === true) throw exists(target.path);
    }
    for (const file of files) await file();
  }

  /** Of a directory that is there, or is made on the way. */
  #parentOf(id: NodeId): NodeId {
    const made = this.operations.find((operation) => operation.type === 'create' && operation.id === id);
    return this.#state.tree.node(id)?.parent ?? (made?.type === 'create' ? made.parent : ROOT);
  }

  #directory(there: ShownNode | undefined, { parent, name, path }: Target): NodeId {
    if (there !== undefined && there.kind !== 'directory') throw notDirectory(path);
    if (there !== undefined) return there.id;
    const id = newNodeId(this.#state.options.random);
    this.operations.push({ type: 'create', id, parent, name, kind: 'directory', digest: '' });
    return id;
  }

  async #create({ node, path }: Source, { parent, name }: Target): Promise<void> {
    const content = await this.#contentOf(node, path);
    const digest = content.kind === 'blob' ? digestOfBlob(content.name) : contentDigest(utf8(content.text));
    const { kind, executable } = node;
    const id = newNodeId(this.#state.options.random);
    this.operations.push({ type: 'create', id, parent, name, kind, content, digest, executable });
  }

  async #write({ node, path }: Source, there: ShownNode, target: Target): Promise<void> {
    const content = await this.#contentOf(node, path);
    if (there.kind !== node.kind) {
      this.operations.push({ type: 'remove', ids: [there.id] });
      return this.#create({ node, path }, target);
    }
    const shown = await this.#headsOf(there, target.path);
    this.operations.push({ type: 'save', id: there.id, content, shown });
  }

  async #contentOf({ id }: ShownNode, path: string): Promise<FileContent> {
    const found = await this.#nodes.content(id);
    if (found === undefined) throw notHere(path);
    return found.content;
  }
}
