/** Who wrote and removed what, written down when it happens, to tell in the end whether anything is lost. */
import { hadSeen } from '@evermesh/testkit/tree';
import type { Heads } from '../../protocol/index.ts';
import { writingIn } from './tree-plans.ts';

interface Writing {
  readonly letters: Set<string>;
  /** Taken away by somebody who had them in front of him. */
  readonly taken: Set<string>;
}

export class TreeLedger {
  readonly #files = new Map<string, Writing>();
  /** What those who removed it had seen of a file. */
  readonly #removals = new Map<string, Heads[]>();

  wrote(id: string, before: string, after: string): void {
    let writing = this.#files.get(id);
    if (writing === undefined) this.#files.set(id, (writing = { letters: new Set(), taken: new Set() }));
    const [old, now] = [writingIn(before), writingIn(after)];
    for (const letter of now) if (!old.includes(letter)) writing.letters.add(letter);
    for (const letter of old) if (!now.includes(letter)) writing.taken.add(letter);
  }

  removed(id: string, seen: Heads): void {
    this.#removals.set(id, [...(this.#removals.get(id) ?? []), new Map(seen)]);
  }

  /** Every file that was ever made. */
  get files(): Iterable<string> {
    return this.#files.keys();
  }

  /** Whether somebody removed the file who had seen all that there is of it. */
  mayBeMissing(id: string, heads: Heads): boolean {
    return (this.#removals.get(id) ?? []).some((seen) => hadSeen(seen, heads));
  }

  /** What nobody took away and none of these contents has. */
  lost(id: string, contents: readonly string[]): string[] {
    const left = new Set(contents.flatMap(writingIn));
    const { letters, taken } = this.#files.get(id) as Writing;
    return [...letters].filter((letter) => !left.has(letter) && !taken.has(letter));
  }
}
