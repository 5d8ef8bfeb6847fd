/**
 * Where visible nodes are listed. Directories of one name in one directory are one directory, with the children of all:
 * two devices that made the same directory meant the same. A directory's contents are listed with its primary, so a
 * change of primary moves the listings one level down, never up; and it ends where nothing more is united.
 */
import { Bucket } from './bucket.ts';
import type { NameKey } from './names.ts';
import type { TreeNode } from './tree-node.ts';
import type { Worklist } from './worklist.ts';

/** By directory and key, who came there, went, or may have another place among those of the key. */
type TouchedKeys = Map<Bucket<TreeNode>, Map<string, Set<TreeNode>>>;

export class Unification {
  readonly #root: TreeNode;
  readonly #nameKey: NameKey;
  readonly #wake: (directory: TreeNode) => void;

  /** @param wake lists what sleeps in a directory as it was until now */
  constructor(root: TreeNode, nameKey: NameKey, wake: (directory: TreeNode) => void) {
    this.#root = root;
    this.#nameKey = nameKey;
    this.#wake = wake;
    root.contents = new Bucket(root, nameKey);
  }

  /** Lists all that wait for it. Answers in which directories somebody came or went. */
  list(work: Worklist): Set<Bucket<TreeNode>> {
    const touched = new Set<Bucket<TreeNode>>();
    let dirty: TouchedKeys = new Map();
    while (work.listed.size > 0 || dirty.size > 0) {
      for (const node of work.listed) {
        // Placing one may list others, earlier ones too.
        work.listed.delete(node);
        this.#place(node, dirty, work);
      }
      const settled = dirty;
      dirty = new Map();
      for (const [bucket, keys] of settled) {
        touched.add(bucket);
        for (const [key, nodes] of keys) this.#unite(bucket, key, nodes, work);
      }
    }
    return touched;
  }

  /**
   * Lists what woke in one directory, where it has been all the time. Most names are nobody else's, and of such a node nothing has to
   * be decided: this is what looking into a directory for the first time costs. Answers as `list` does.
   */
  listWoken(woken: readonly TreeNode[], work: Worklist): Set<Bucket<TreeNode>> {
    const dirty: TouchedKeys = new Map();
    const bucket = this.#bucketFor(woken[0] as TreeNode) as Bucket<TreeNode>;
    for (const node of woken) {
      node.bucket = bucket;
      node.key = this.#nameKey(node.ownName);
      if (bucket.put(node, node.key)) touch(dirty, bucket, node.key, node);
    }
    for (const [key, nodes] of dirty.get(bucket) ?? []) this.#unite(bucket, key, nodes, work);
    return this.list(work).add(bucket);
  }

  #place(node: TreeNode, dirty: TouchedKeys, work: Worklist): void {
    const bucket = this.#bucketFor(node);
    const key = bucket === undefined ? '' : this.#nameKey(node.ownName);
    if (node.bucket !== undefined) touch(dirty, node.bucket, node.key, node);
    if (bucket !== undefined) touch(dirty, bucket, key, node);
    work.drawn.add(node);
    if (node.bucket !== undefined && (bucket !== node.bucket || key !== node.key)) {
      node.bucket.delete(node, node.key);
      this.#follow(node, node, work);
    }
    node.bucket = bucket;
    node.key = key;
    bucket?.put(node, key);
  }

  #bucketFor({ visible, linked }: TreeNode): Bucket<TreeNode> | undefined {
    if (!visible || linked === undefined) return undefined;
    const owner = linked === this.#root ? linked : linked.primary;
    return (owner.contents ??= new Bucket(owner, this.#nameKey));
  }

  #unite(bucket: Bucket<TreeNode>, key: string, changed: ReadonlySet<TreeNode>, work: Worklist): void {
    const concerned = bucket.elect(key, changed);
    for (const node of concerned) {
      work.drawn.add(node);
      this.#follow(node, node.isDirectory ? (bucket.at(key) as TreeNode) : node, work);
    }
  }

  /** Lists the contents of `directory` with `primary`. */
  #follow(directory: TreeNode, primary: TreeNode, work: Worklist): void {
    if (directory.primary === primary) return;
    // They are listed together from now on, or not any more.
    this.#wake(directory);
    this.#wake(primary);
    directory.primary = primary;
    for (const child of directory.children ?? []) if (child.visible) work.listed.add(child);
  }
}

function touch(keys: TouchedKeys, bucket: Bucket<TreeNode>, key: string, node: TreeNode): void {
  let known = keys.get(bucket);
  if (known === undefined) keys.set(bucket, (known = new Map()));
  const nodes = known.get(key);
  if (nodes === undefined) known.set(key, new Set([node]));
  else nodes.add(node);
}
