/** Who wrote, removed and wished for what, written down when it happens, to tell in the end whether anything is lost, or came back. */
import { hadSeen } from '@evermesh/testkit/tree';
import type { NodeId } from '../../base/index.ts';
import type { Heads } from '../../protocol/index.ts';
import { Broken } from './difference.ts';
import { writingIn } from './tree-plans.ts';
import type { TreeReplica } from './tree-replica.ts';

interface Writing {
  readonly letters: Set<string>;
  /** Taken away by somebody who had them in front of him. */
  readonly taken: Set<string>;
}

/** One of somebody's records of the tree. */
interface TreeRecord {
  readonly author: string;
  readonly counter: number;
}

/** Somebody moves, renames or brings something back. */
interface Wish extends TreeRecord {
  /** Nothing that was removed together with it was known to be removed where he is. */
  readonly wholly: boolean;
}

/** What somebody had seen who removed a file. */
interface Removal {
  readonly content: Heads;
  readonly tree: Heads;
  /**
   * Nothing that he had of the tree waited for what it rests on. What waits replaces what is there before it is there itself, so
   * that he removes a file from where it was long ago.
   */
  readonly complete: boolean;
  /** The directory that it was removed with, if that is known. */
  readonly via: string | undefined;
}

export class TreeLedger {
  readonly #files = new Map<string, Writing>();
  readonly #wishes = new Map<string, Wish[]>();
  readonly #touches = new Map<string, TreeRecord[]>();
  readonly #removals = new Map<string, Removal[]>();

  wrote(id: string, before: string, after: string): void {
    let writing = this.#files.get(id);
    if (writing === undefined) this.#files.set(id, (writing = { letters: new Set(), taken: new Set() }));
    const [old, now] = [writingIn(before), writingIn(after)];
    for (const letter of now) if (!old.includes(letter)) writing.letters.add(letter);
    for (const letter of old) if (!now.includes(letter)) writing.taken.add(letter);
  }

  wished(id: string, wish: Wish): void {
    this.#wishes.set(id, [...(this.#wishes.get(id) ?? []), wish]);
  }

  /** Where it is, or its name, was written, by whatever operation: it may have competed with a wish, and won. */
  touched(id: string, by: TreeRecord): void {
    this.#touches.set(id, [...(this.#touches.get(id) ?? []), by]);
  }

  removed(id: string, removal: Removal): void {
    this.#removals.set(id, [...(this.#removals.get(id) ?? []), removal]);
  }

  /** Every file that was ever made. */
  get files(): Iterable<string> {
    return this.#files.keys();
  }

  /**
   * Whether somebody removed the file who had seen all that there is of it, and somebody's wish to have it elsewhere, or the
   * directory that it was removed with, unless there was none.
   */
  mayBeMissing(id: string, heads: Heads): boolean {
    return (this.#removals.get(id) ?? []).some(({ content, tree, via }) => {
      const isUnseen = (wish: Wish): boolean => !isSeen(wish, tree);
      const own = this.#undisputed(id);
      const isKept = own.length > 0 && own.every(isUnseen);
      const others = via === undefined ? [] : this.#undisputed(via);
      const isKeptWith = others.length > 0 && others.every((wish) => wish.wholly && isUnseen(wish));
      return hadSeen(content, heads) && !isKept && !isKeptWith;
    });
  }

  /** Wishes, unless something else was written as well of where it is: then that may have won. */
  #undisputed(id: string): Wish[] {
    const wishes = this.#wishes.get(id) ?? [];
    const isWish = (touch: TreeRecord): boolean =>
      wishes.some(({ author, counter }) => author === touch.author && counter === touch.counter);
    return (this.#touches.get(id) ?? []).every(isWish) ? wishes : [];
  }

  /** Whether somebody removed the file who had seen all of it, and all that was ever written of where it and directories are. */
  mustBeMissing(id: string, heads: Heads): boolean {
    const touches = [...this.#touches].flatMap(([of, all]) => (of === id || !this.#files.has(of) ? all : []));
    return (this.#removals.get(id) ?? []).some(
      ({ content, tree, complete }) =>
        complete && hadSeen(content, heads) && touches.every((touch) => isSeen(touch, tree)),
    );
  }

  /** What nobody took away and none of these contents has. */
  lost(id: string, contents: readonly string[]): string[] {
    const left = new Set(contents.flatMap(writingIn));
    const { letters, taken } = this.#files.get(id) as Writing;
    return [...letters].filter((letter) => !left.has(letter) && !taken.has(letter));
  }
}

const isSeen = ({ author, counter }: TreeRecord, tree: Heads): boolean =>
  counter <= ((tree as ReadonlyMap<string, number>).get(author) ?? 0);

/** @throws Broken */
export async function checkNothingLost(replica: TreeReplica, ledger: TreeLedger): Promise<void> {
  for (const id of ledger.files) {
    const heads: Heads = replica.headsOf(id);
    if (replica.state.tree.node(id as NodeId) === undefined) {
      if (!ledger.mayBeMissing(id, heads))
        throw new Broken('I5', `${id} is gone, and nobody removed it who had seen all of it`);
      continue;
    }
    if (ledger.mustBeMissing(id, heads))
      throw new Broken('I5', `${id} is back, although somebody removed it who had seen all of it`);
    const lost = ledger.lost(id, (await replica.contents(id as NodeId)) ?? []);
    if (lost.length > 0) throw new Broken('I5', `${id} has lost ${lost.join(', ')}`);
  }
}
