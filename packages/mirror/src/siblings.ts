/** Who has a name in a directory of the folder: by portable key, because only one entry can have that. */
import type { FolderNodes, NodeId, ShownNode } from '@evermesh/core';

export class Siblings {
  readonly #nodes: Pick<FolderNodes, 'children' | 'nameKey'>;
  readonly #byKey = new Map<NodeId, Map<string, ShownNode>>();

  /** What it answers is of the moment of the first question about a directory, until `forget`. */
  constructor(nodes: Pick<FolderNodes, 'children' | 'nameKey'>) {
    this.#nodes = nodes;
  }

  at(parent: NodeId, name: string): ShownNode | undefined {
    let keys = this.#byKey.get(parent);
    if (keys === undefined) {
      keys = new Map(this.#nodes.children(parent).map((child) => [this.#nodes.nameKey(child.name), child]));
      this.#byKey.set(parent, keys);
    }
    return keys.get(this.#nodes.nameKey(name));
  }

  forget(): void {
    this.#byKey.clear();
  }
}
