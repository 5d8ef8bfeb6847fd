/**
 * Every letter's fate: who typed it, who took it away having seen it, and which misfortune excuses that it is gone. In the end
 * each letter is there exactly once, or is accounted for here. Knows nothing of how the product works.
 */
import { lettersIn } from './letters.ts';

interface Letter {
  readonly who: string;
  /** Milliseconds since the world began. */
  readonly at: number;
  readonly where: string;
  /** How often somebody changed the line it is in, or copied it: where two did so at one time, both lines are kept. */
  rewritten: number;
  /** How it was taken away, by everybody who did and had it before him. */
  readonly removed: Set<string>;
  /** Of these ways, those that somebody took back since everybody last had everything, by who it was. */
  readonly takenBack: Map<string, string>;
  /** Lost by what nobody promised to survive. */
  excused: string | undefined;
  /** Whoever typed it was not told yet that it is kept. */
  isPending: boolean;
  /** Everybody had it at a time of rest: nothing excuses its loss any more. */
  isShared: boolean;
}

export interface Violation {
  readonly law: string;
  readonly what: string;
}

export class Ledger {
  readonly #letters = new Map<string, Letter>();

  get typedCount(): number {
    return this.#letters.size;
  }

  typed(text: string, who: string, at: number, where: string): void {
    for (const letter of lettersIn(text)) {
      if (this.#letters.has(letter)) continue;
      this.#letters.set(letter, {
        who,
        at,
        where,
        rewritten: 0,
        removed: new Set(),
        takenBack: new Map(),
        excused: undefined,
        isPending: true,
        isShared: false,
      });
    }
  }

  /**
   * Somebody who had `before` in front of him left `after`. Of a letter that stood there more than once it is enough that one
   * of them went: another person may take the other one away at the same time.
   */
  replaced(before: string, after: string, how: string): void {
    const left = countOf(after);
    const lines = new Set(after.split('\n'));
    for (const [letter, count] of countOf(before)) {
      const known = this.#letters.get(letter);
      if (known !== undefined && (left.get(letter) ?? 0) < count) known.removed.add(how);
    }
    for (const line of before.split('\n')) {
      if (lines.has(line)) continue;
      for (const letter of lettersIn(line)) {
        const known = this.#letters.get(letter);
        if (known !== undefined && left.has(letter)) known.rewritten += 1;
      }
    }
  }

  /** What was taken away in such a way was brought back by `who`. */
  restored(letters: Iterable<string>, who: string, isSuch: (how: string) => boolean): void {
    for (const letter of letters) {
      const { removed, takenBack } = this.#letters.get(letter) ?? {};
      for (const how of removed ?? [])
        if (isSuch(how)) {
          removed?.delete(how);
          takenBack?.set(how, who);
        }
    }
  }

  /** These were copied by another way, or nobody can tell any more that a file is the one that it was: they may be there once more. */
  copied(letters: Iterable<string>): void {
    for (const letter of letters) {
      const known = this.#letters.get(letter);
      if (known !== undefined) known.rewritten += 1;
    }
  }

  /** Whoever typed these was told that they are kept. */
  kept(letters: Iterable<string>): void {
    for (const letter of letters) {
      const known = this.#letters.get(letter);
      if (known !== undefined) known.isPending = false;
    }
  }

  /** What happened to these letters was promised by nobody. */
  excuse(letters: Iterable<string>, why: string): void {
    for (const letter of letters) {
      const known = this.#letters.get(letter);
      if (known !== undefined && !known.isShared) known.excused ??= why;
    }
  }

  /** As `excuse`, of whatever has been typed until now. */
  excuseAll(why: string): void {
    this.excuse(this.#letters.keys(), why);
  }

  /** What `who` brought back of these is gone again. */
  undone(letters: Iterable<string>, who: string): void {
    for (const letter of letters) {
      const { removed, takenBack } = this.#letters.get(letter) ?? {};
      for (const [how, by] of takenBack ?? []) if (by === who) removed?.add(how);
    }
  }

  /**
   * The machine lost what its people did since everybody last had everything: what they typed may be gone, and what they brought back
   * as well. @param left is on it still
   */
  setBack(who: string, why: string, left: ReadonlySet<string> = new Set()): void {
    for (const [text, letter] of this.#letters) {
      if (left.has(text)) continue;
      if (letter.who === who && !letter.isShared) letter.excused ??= why;
      this.undone([text], who);
    }
  }

  /** Everybody has everything that anybody was told is kept. */
  share(): void {
    for (const letter of this.#letters.values()) {
      if (!letter.isPending) letter.isShared = true;
      letter.takenBack.clear();
    }
  }

  /** Letters that were typed later than this, and by whom: those of which he knows that they are kept are his work. */
  typedAfter(at: number): { readonly letter: string; readonly who: string; readonly isKept: boolean }[] {
    return [...this.#letters].flatMap(([letter, { who, isPending, at: typed }]) =>
      typed > at ? [{ letter, who, isKept: !isPending }] : [],
    );
  }

  /** @param texts every visible text, by a name for it */
  judge(texts: ReadonlyMap<string, string>): Violation[] {
    const seen = new Map<string, string[]>();
    for (const [where, text] of texts)
      for (const letter of lettersIn(text)) seen.set(letter, [...(seen.get(letter) ?? []), where]);
    const found: Violation[] = [];
    for (const [letter, { who, at, where, rewritten, removed, excused, isPending }] of this.#letters) {
      const places = seen.get(letter) ?? [];
      const story = `${letter}, typed by ${who} at ${Math.floor(at)} ms in ${where}`;
      if (places.length === 0 && removed.size === 0 && excused === undefined && !isPending)
        found.push({ law: 'L2', what: `${story}, is nowhere, and nobody who had seen it took it away` });
      if (places.length > 1 + rewritten)
        found.push({ law: 'L9', what: `${story}, is there ${places.length} times: ${places.join(', ')}` });
    }
    for (const letter of seen.keys())
      if (!this.#letters.has(letter)) found.push({ law: 'L1', what: `${letter} was typed by nobody` });
    return found;
  }
}

function countOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const letter of lettersIn(text)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return counts;
}
