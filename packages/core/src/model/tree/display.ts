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
  readonly #wake: (directory: TreeNode) => void;
  #before = new Map<NodeId, ShownNode | undefined>();

  /** @param wake lists what sleeps in a directory as it was until now */
  constructor(root: TreeNode, wake: (directory: TreeNode) => void) {
    this.#root = root;
    this.#wake = wake;
  }

  /** @param touched directories in which somebody came or went */
  refresh(touched: Iterable<Bucket<TreeNode>>, work: Worklist): void {
    for (const node of toDraw(touched, work)) {
      const was = node.shown;
      if (!this.#draw(node)) continue;
      if (!this.#before.has(node.id)) this.#before.set(node.id, was);
      if ((was === undefined) === (node.shown === undefined)) continue;
      // A directory appeared or vanished, and with it all in it.
      this.#wakeAs(node, was);
      for (const inside of node.contents?.listed() ?? []) work.drawn.add(inside);
    }
  }

  /** Draws what woke, and was shown like this all the time: that is no change, and what sleeps in there sleeps on. */
  refreshWoken(woken: readonly TreeNode[], touched: Iterable<Bucket<TreeNode>>, work: Worklist): void {
    const draw = (node: TreeNode): void => {
      if (this.#draw(node)) for (const inside of node.contents?.listed() ?? []) work.drawn.add(inside);
    };
    for (const node of woken) draw(node);
    for (const node of toDraw(touched, work)) draw(node);
  }

  /** What each node was before the first change since the last call. */
  takeBefore(): ReadonlyMap<NodeId, ShownNode | undefined> {
    const before = this.#before;
    this.#before = new Map();
    return before;
  }

  /** Whether the node looks different now. */
  #draw(node: TreeNode): boolean {
    if (node === this.#root) return false;
    const now = this.#picture(node);
    if (node.alternative === undefined) this.losers.delete(node);
    else this.losers.add(node);
    if (sameShown(node.shown, now)) return false;
    node.shown = now;
    return true;
  }

  /** Wakes what sleeps in a directory, which was shown like this until now. */
  #wakeAs(directory: TreeNode, was: ShownNode | undefined): void {
    const now = directory.shown;
    directory.shown = was;
    this.#wake(directory);
    directory.shown = now;
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

/** All that may look different. What is added to the work while this is read is read, too. */
function* toDraw(touched: Iterable<Bucket<TreeNode>>, work: Worklist): Generator<TreeNode> {
  for (const bucket of touched) for (const node of bucket.settleNames()) work.drawn.add(node);
  for (const node of work.drawn) {
    work.drawn.delete(node);
    yield node;
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
