/** Which older records of a folder this device has a use for still, so that they stay. */
import { type DocumentId, type FolderId, type NodeId, TREE_DOCUMENT } from '../base/index.ts';
import {
  areaPrefix,
  folderPrefix,
  peerPrefix,
  prefixEnd,
  readProgress,
  type RecordsInUse,
  type Store,
} from '../log/index.ts';
import type { Heads } from '../protocol/index.ts';

/** Rows of what disks show that no state of a document is. */
export const BASE_AREA = 'base';

/** Whether a state of a file that is older than that of these heads is shown somewhere. */
export type IsShown = (id: NodeId, covers: Heads) => boolean;

export class RecordsInUseHere implements RecordsInUse {
  readonly isGiven = true;
  readonly #folder: FolderId;
  readonly #store: Pick<Store, 'get' | 'iterator'>;
  readonly #shown = new Set<IsShown>();
  /** Somebody shows files, and says no more as what, since it was asked what may go. */
  #isUnsaid = false;

  constructor(folder: FolderId, store: Pick<Store, 'get' | 'iterator'>) {
    this.#folder = folder;
    this.#store = store;
  }

  /** Until the returned function is called. */
  shows(isShown: IsShown): () => void {
    this.#shown.add(isShown);
    return () => {
      this.#isUnsaid ||= this.#shown.delete(isShown);
    };
  }

  /** The tree is what everything hangs on, and grows with what people make and move, not with what they save. */
  isKept(document: DocumentId): boolean {
    return document === TREE_DOCUMENT;
  }

  isNeeded(document: DocumentId, covers: Heads): boolean {
    return (
      this.#isUnsaid || [...this.#shown].some((isShown) => isShown(document as string as NodeId, covers))
    );
  }

  /**
   * Nothing, while something is known to show files and does not say what; otherwise, where there are peers, as far as one of them has
   * everything. Others get the state from here, or the records from there.
   */
  async mayGoTo(): Promise<number> {
    this.#isUnsaid = false;
    if (this.#shown.size === 0 && (await this.#isShown())) return 0;
    const [store, id] = [this.#store, this.#folder];
    const prefix = peerPrefix(id);
    const acknowledged: number[] = [];
    for await (const [key] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) }))
      acknowledged.push((await readProgress(store, id, key.slice(prefix.length)))?.acknowledged ?? 0);
    return acknowledged.length === 0 ? Number.MAX_SAFE_INTEGER : Math.max(...acknowledged);
  }

  /** Whoever shows files notes that in rows of his own. */
  async #isShown(): Promise<boolean> {
    const all = `${folderPrefix(this.#folder)}x/`;
    const bases = areaPrefix(this.#folder, BASE_AREA);
    const ranges = [
      { gte: all, lt: bases },
      { gte: prefixEnd(bases), lt: prefixEnd(all) },
    ];
    for (const range of ranges)
      for await (const _ of this.#store.iterator({ ...range, limit: 1 })) return true;
    return false;
  }
}
