/**
 * What one operation writes. Beside what it is for, it writes down whatever it would disturb: a name, a parent or a
 * directory that is shown only for want of something better must not change because of an operation elsewhere. Nothing
 * else ever writes such things: a replica that merely sees them may not have everything yet.
 *
 * All is written from the view as it was before: in between nobody may ask the view.
 */
import { documentOf, type NodeId } from '../../base/index.ts';
import { alternativeName, type NameKey } from './names.ts';
import { members } from './display.ts';
import { formatNamed, formatPlaced, NO_TOKENS, type Tokens } from './registers.ts';
import { encodeRemoval, type RemovedNode } from './removal.ts';
import type { TreeHost } from './tree-host.ts';
import { operationKey, type TreeMaps } from './tree-maps.ts';
import type { TreeNode } from './tree-node.ts';
import type { TreeView } from './tree-view.ts';

export class Operation {
  readonly stamp: string;
  readonly #maps: TreeMaps;
  readonly #view: TreeView;
  /** Nodes placed by this operation itself: settling must not overwrite what was meant. */
  readonly #placed = new Set<TreeNode>();

  constructor(maps: TreeMaps, view: TreeView, stamp: string) {
    this.#maps = maps;
    this.#view = view;
    this.stamp = stamp;
  }

  move(node: TreeNode, parent: NodeId): void {
    this.#place(node, { parent, fallback: node.parent?.id }, this.#meant(node, node.placed));
  }

  rename(node: TreeNode, name: string): void {
    this.#name(node, name, this.#meant(node, node.named));
  }

  /** Brings back a node, and all that was removed with it. */
  restore(node: TreeNode): void {
    this.#place(node, this.#view.placements.kept(node), { token: this.stamp, group: this.stamp });
  }

  remove(nodes: ReadonlySet<TreeNode>, host: TreeHost): void {
    const topOf = topmost(nodes);
    const removed = [...nodes].map((node): RemovedNode => {
      const top = topOf(node);
      const via = top === node ? undefined : top;
      return {
        id: node.id,
        placedToken: node.placed?.token ?? '',
        namedToken: node.named?.token ?? '',
        via: via?.id,
        viaGroup: via?.group ?? '',
        seen: host.documentHeads(documentOf(node.id)),
      };
    });
    const key = operationKey(this.stamp, this.#maps.seen);
    this.#maps.markFormat();
    this.#maps.seen.set(key, encodeRemoval(removed, this.#view.reader.ids()));
    this.#view.wroteSeen(key);
  }

  /**
   * Brings back the removed directories from this one up that are shown for what they hold: a person works in there, so
   * they stay when it is empty. Only they come back, not what was removed with them.
   */
  keepDirectories(directory: TreeNode, except: ReadonlySet<TreeNode> = new Set()): void {
    for (let at = directory; at !== this.#view.root && at.bucket !== undefined; at = at.bucket.owner) {
      for (const member of members(at)) {
        if (member.alive || except.has(member) || this.#placed.has(member)) continue;
        const tokens = { token: this.stamp, group: member.placed?.group ?? '' };
        this.#place(member, this.#view.placements.kept(member), tokens);
      }
    }
  }

  /** Writes down the names that others in the directory show because of this node, which is about to leave its own. */
  keepNames({ primary, bucket, key }: TreeNode, leaving: ReadonlySet<TreeNode>): void {
    if (bucket === undefined) return;
    const dependent =
      bucket.at(key) === primary ? [...bucket.members(key), ...bucket.entangled()] : [...bucket.entangled()];
    for (const other of dependent) {
      if (other.alternative !== undefined && !leaving.has(other)) this.settleName(other, other.alternative);
    }
  }

  /** Registers a name without touching what deletions say: nobody wished to keep the node, or to have it renamed. */
  settleName(node: TreeNode, name: string): void {
    this.#name(node, name, node.named ?? NO_TOKENS);
  }

  /** Gives all that are united in this directory the name it is shown under: it may lose the one that gives the name. */
  keepUnitedName(primary: TreeNode): void {
    for (const member of members(primary)) {
      if (member.ownName !== primary.ownName) this.settleName(member, primary.ownName);
    }
  }

  /**
   * Ends the operation. If it placed anything, every directory that is kept out of a cycle is placed where it is shown:
   * the new placement might open that cycle, or be the later one in it, and then something else would jump.
   */
  end(): void {
    if (this.#placed.size === 0) return;
    const { placements } = this.#view;
    for (const victim of placements.victims) {
      if (!this.#placed.has(victim)) this.#place(victim, placements.kept(victim), victim.placed ?? NO_TOKENS);
    }
  }

  /**
   * The tokens of a register that a person means to change: new, so that no deletion holds that had not seen it. The group
   * of a directory is new as well, so that one cannot lose its contents to a deletion either. But where contents are gone
   * by a deletion that was known here, the group stays: who moves an emptied directory does not ask for them back.
   */
  #meant(node: TreeNode, register: Tokens = NO_TOKENS): Tokens {
    const keeps = node.isDirectory && this.#view.liveness.holdsDeleted(node);
    return { token: this.stamp, group: keeps ? register.group : this.stamp };
  }

  #place(
    node: TreeNode,
    { parent, fallback }: { parent: NodeId; fallback: NodeId | undefined },
    tokens: Tokens,
  ): void {
    this.#placed.add(node);
    this.#maps.placed.set(node.id, formatPlaced(parent, this.stamp, tokens, fallback));
    this.#view.wroteNode(node.id);
  }

  #name(node: TreeNode, name: string, tokens: Tokens): void {
    this.#maps.named.set(node.id, formatNamed(this.stamp, tokens, name));
    this.#view.wroteNode(node.id);
  }
}

/**
 * The name under which a node returns: its own if that is free. It is not united with a directory that has its name now:
 * what is inside would compete with what is there, and the older would win.
 */
export function nameOnReturn(node: TreeNode, nameKey: NameKey): string {
  const bucket = node.parent?.primary.contents;
  let name = node.ownName;
  for (let attempt = 0; bucket?.at(nameKey(name)) !== undefined; attempt++) {
    name = alternativeName(node.ownName, node.id, attempt);
  }
  return name;
}

/** For each node the topmost of `nodes` that it is in, itself included. Not recursive: a peer may nest without end. */
function topmost(nodes: ReadonlySet<TreeNode>): (node: TreeNode) => TreeNode | undefined {
  const known = new Map<TreeNode, TreeNode | undefined>();
  return (start) => {
    const climbed: TreeNode[] = [];
    let at: TreeNode | undefined = start;
    while (at !== undefined && !known.has(at)) {
      climbed.push(at);
      at = at.linked;
    }
    let top = at === undefined ? undefined : known.get(at);
    for (const node of climbed.reverse()) {
      top ??= nodes.has(node) ? node : undefined;
      known.set(node, top);
    }
    return top;
  };
}
