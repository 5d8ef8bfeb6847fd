/**
 * What people did to one thing at the same time, and the product had to settle: counted when a world rests, each once in a world,
 * from what a folder tells everybody. Worlds in which little of it happens prove little.
 */
import type { Folder, NodeId, ShownNode } from '@evermesh/core';
import { foldedName } from './naming.ts';

/** Two in one directory, both as they were called. */
export const CASE_PAIR = 'names that differ in case only';

export class Anomalies {
  readonly #count: (what: string) => void;
  readonly #counted = new Set<string>();
  /** Every node that anybody showed, and those that somebody once did not show any more. */
  readonly #shown = new Set<NodeId>();
  readonly #gone = new Set<NodeId>();
  /** Where people put each node since the last rest. */
  readonly #put = new Map<NodeId, Set<NodeId>>();

  /** @param count told of each anomaly by the name of its kind */
  constructor(count: (what: string) => void) {
    this.#count = count;
  }

  /** Listens to what happens in a folder, for as long as the program runs that has it open. */
  async follow(folder: Folder): Promise<void> {
    for await (const { id, type, origin } of folder.changes()) {
      this.#shown.add(id);
      const node = folder.nodes.node(id);
      if (node === undefined) this.#gone.add(id);
      else if ((type === 'moved' || type === 'renamed') && origin === 'local')
        this.#put.set(id, (this.#put.get(id) ?? new Set()).add(node.parent));
    }
  }

  /** @param folder of any device, for all show the same */
  async countAtRest(folder: Folder): Promise<void> {
    const { nodes } = folder;
    for (const { id, kind, others } of await folder.conflicts()) {
      if (kind === 'name') this.#once('name conflict', id);
      else for (const other of others ?? []) this.#once('concurrent contents', `${id} ${other.id}`);
    }
    for (const id of this.#shown) {
      const node = nodes.node(id);
      if (node === undefined) continue;
      if (node.id !== id) this.#once('united directories', id);
      else if (node.deletedButAlive) this.#once('removed directory that holds something', id);
      else if (this.#gone.has(id)) this.#once('removed and alive', id);
    }
    for (const { id, parent, name } of nodes.all()) {
      const isPair = ({ name: other }: ShownNode): boolean =>
        other < name && foldedName(other) === foldedName(name);
      if (nodes.children(parent).some(isPair)) this.#once(CASE_PAIR, id);
    }
    for (const [id, parents] of this.#put) if (isPutBack(folder, id, parents)) this.#once('cycle', id);
    this.#put.clear();
  }

  #once(what: string, which: string): void {
    const key = `${what} ${which}`;
    if (this.#counted.has(key)) return;
    this.#counted.add(key);
    this.#count(what);
  }
}

/** It is in none of the directories that people put it in, and one of these is inside it. */
function isPutBack({ nodes }: Folder, id: NodeId, parents: ReadonlySet<NodeId>): boolean {
  const shown = (directory: NodeId): NodeId => nodes.node(directory)?.id ?? directory;
  const at = nodes.node(id)?.parent;
  const put = [...parents].map(shown);
  if (at === undefined || put.includes(at)) return false;
  const isInside = (directory: NodeId | undefined): boolean =>
    directory !== undefined && (directory === id || isInside(nodes.node(directory)?.parent));
  return put.some(isInside);
}
