/**
 * What is shown of each node, and what changed since somebody asked. A file whose name a sibling has is shown under
 * another one. Nothing of this is written anywhere: a replica that has not everything yet would settle by accident what
 * the others see otherwise.
 */
import type { NodeId } from '../../base/index.ts';
import type { Bucket } from './bucket.ts';
import { shownName } from './names.ts';
import type { Created } from './registers.ts';
import type { ShownNode, TreeNode } from './tree-node.ts';
import type { Worklist } from './worklist.ts';

export class Display {
  /** Shown under another name than their own because of a sibling, if they are shown. */
  readonly losers: Set<TreeNode> = new Set();
  readonly #root: TreeNode;
  readonly #work: Worklist;
  #before = new Map<NodeId, ShownNode | undefined>();

  constructor(root: TreeNode, work: Worklist) {
    this.#root = root;
    this.#work = work;
  }

  /** @param touched directories in which somebody came or went */
  refresh(touched: Iterable<Bucket<TreeNode>>): void {
    for (const bucket of touched) for (const node of bucket.settleNames()) this.#work.drawn.add(node);
    // Drawing a directory that appears or vanishes adds its contents behind it.
    for (const node of this.#work.drawn) {
      this.#work.drawn.delete(node);
      this.#draw(node);
    }
  }

  /** What each node was before the first change since the last call. */
  takeBefore(): ReadonlyMap<NodeId, ShownNode | undefined> {
    const before = this.#before;
    this.#before = new Map();
    return before;
  }

  #draw(node: TreeNode): void {
    if (node === this.#root) return;
    const was = node.shown;
    const now = this.#picture(node);
    if (node.alternative === undefined) this.losers.delete(node);
    else this.losers.add(node);
    if (sameShown(was, now)) return;
    if (!this.#before.has(node.id)) this.#before.set(node.id, was);
    node.shown = now;
    if ((was === undefined) === (now === undefined)) return;
    for (const inside of node.contents?.listed() ?? []) this.#work.drawn.add(inside);
  }

  #picture(node: TreeNode): ShownNode | undefined {
    const { bucket } = node;
    if (bucket === undefined || node.primary !== node) return undefined;
    if (bucket.owner !== this.#root && bucket.owner.shown === undefined) return undefined;
    const { kind, digest } = node.created as Created;
    return {
      id: node.id,
      kind,
      parent: bucket.owner.id,
      name: node.alternative ?? shownName(node.ownName),
      ownName: node.ownName,
      executable: kind === 'file' && node.executable,
      digest,
      deletedButAlive: kind === 'directory' && !members(node).some(({ alive }) => alive),
    };
  }
}

/** The directories shown as this one, itself included; a file stands alone. */
export function members(primary: TreeNode): TreeNode[] {
  if (!primary.isDirectory || primary.bucket === undefined) return [primary];
  return [...primary.bucket.directories(primary.key)];
}

export function sameShown(a: ShownNode | undefined, b: ShownNode | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const same = a.parent === b.parent && a.name === b.name && a.ownName === b.ownName && a.kind === b.kind;
  return (
    same && a.executable === b.executable && a.digest === b.digest && a.deletedButAlive === b.deletedButAlive
  );
}
