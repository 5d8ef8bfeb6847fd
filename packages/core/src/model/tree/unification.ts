/**
 * Where visible nodes are listed. Directories of one name in one directory are one directory, with the children of all:
 * two devices that made the same directory meant the same. A directory's contents are listed with its primary, so a
 * change of primary moves the listings one level down, never up; and it ends where nothing more is united.
 */
import { Bucket } from './bucket.ts';
import { nameKey } from './names.ts';
import { compareArrival, compareCreation, type TreeNode } from './tree-node.ts';
import type { Worklist } from './worklist.ts';

/** Keys of which somebody came or went. */
export type TouchedKeys = Map<Bucket<TreeNode>, Set<string>>;

export class Unification {
  readonly #root: TreeNode;
  readonly #work: Worklist;

  constructor(root: TreeNode, work: Worklist) {
    this.#root = root;
    this.#work = work;
    root.contents = new Bucket(root, precedes);
  }

  /** Lists all that wait for it. Answers which keys of which directories have other members than before. */
  list(): TouchedKeys {
    const touched: TouchedKeys = new Map();
    let dirty: TouchedKeys = new Map();
    while (this.#work.listed.size > 0 || dirty.size > 0) {
      for (const node of this.#work.listed) {
        // Placing one may list others, earlier ones too.
        this.#work.listed.delete(node);
        this.#place(node, dirty);
      }
      const settled = dirty;
      dirty = new Map();
      for (const [bucket, keys] of settled) {
        for (const key of keys) {
          touch(touched, bucket, key);
          this.#unite(bucket, key);
        }
      }
    }
    return touched;
  }

  #place(node: TreeNode, dirty: TouchedKeys): void {
    const bucket = this.#bucketFor(node);
    const key = bucket === undefined ? '' : nameKey(node.ownName);
    if (node.bucket !== undefined) touch(dirty, node.bucket, node.key);
    if (bucket !== undefined) touch(dirty, bucket, key);
    this.#work.drawn.add(node);
    if (bucket === node.bucket && key === node.key) return;
    if (node.bucket !== undefined) this.#withdraw(node, node.bucket);
    node.bucket = bucket;
    node.key = key;
    bucket?.add(node, key);
  }

  #withdraw(node: TreeNode, bucket: Bucket<TreeNode>): void {
    bucket.delete(node, node.key);
    if (bucket.losers.delete(node)) node.alternative = undefined;
    this.#follow(node, node);
  }

  #bucketFor({ visible, linked }: TreeNode): Bucket<TreeNode> | undefined {
    if (!visible || linked === undefined) return undefined;
    const owner = linked === this.#root ? linked : linked.primary;
    return (owner.contents ??= new Bucket(owner, precedes));
  }

  #unite(bucket: Bucket<TreeNode>, key: string): void {
    const holder = bucket.elect(key);
    for (const node of bucket.members(key)) {
      this.#work.drawn.add(node);
      if (!node.isDirectory && node !== holder) bucket.losers.add(node);
      else if (bucket.losers.delete(node)) node.alternative = undefined;
      this.#follow(node, node.isDirectory ? (holder as TreeNode) : node);
    }
  }

  /** Lists the contents of `directory` with `primary`. */
  #follow(directory: TreeNode, primary: TreeNode): void {
    if (directory.primary === primary) return;
    directory.primary = primary;
    for (const child of directory.children ?? []) if (child.visible) this.#work.listed.add(child);
  }
}

/** Who is shown under a name: a directory before a file; the directory made first; the file that came there first. */
function precedes(a: TreeNode, b: TreeNode): boolean {
  if (a.isDirectory !== b.isDirectory) return a.isDirectory;
  return (a.isDirectory ? compareCreation(a, b) : compareArrival(a, b)) < 0;
}

function touch(keys: TouchedKeys, bucket: Bucket<TreeNode>, key: string): void {
  const known = keys.get(bucket);
  if (known === undefined) keys.set(bucket, new Set([key]));
  else known.add(key);
}
