/** What people type. */
import type { Ledger } from './ledger.ts';
import type { Letters } from './letters.ts';
import type { Naming } from './naming.ts';
import type { Seeded } from './seeded.ts';

interface Typing {
  readonly random: Seeded;
  readonly letters: Letters;
}

/** A person, wherever he sits. */
export interface Somebody extends Typing {
  /** The name of his device. */
  readonly who: string;
  readonly ledger: Ledger;
  readonly naming: Naming;
  /** Milliseconds since the world began. */
  readonly now: () => number;
  /** What he does, for the trace; a function if it takes work to say, which only a trace that is kept is worth. */
  readonly say: (what: string | (() => string)) => void;
  /** What is worth counting. */
  readonly said: (what: string) => void;
  /** What he would do, and why nothing comes of it. */
  readonly cannot: (what: string) => void;
}

const COMMON = ['\n', '}\n', 'the same line\n', '  ', 'and '];

/** The text with a piece added, taken away or replaced: at the end, at the beginning, or somewhere. */
export function edited(old: string, seat: Typing): string {
  const { random } = seat;
  const characters = Array.from(old);
  const from = random.below(characters.length + 1);
  const way = random.below(10);
  const removed = way < 3 ? random.below(Math.min(12, characters.length - from) + 1) : 0;
  const added = way === 0 ? '' : random.chance(0.5) ? lines(seat, 1 + random.below(2)) : words(seat);
  const at = way === 8 ? 0 : way === 9 ? characters.length : from;
  characters.splice(at, removed, added);
  return characters.join('');
}

const words = ({ random, letters }: Typing): string =>
  `${letters.take(1 + random.below(4))}${random.chance(0.3) ? random.pick(COMMON) : ''}`;

/** Lines of letters nobody else types, with words and whole lines between them that everybody does. */
export function lines(seat: Typing, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++)
    text += `${words(seat)}${seat.random.chance(0.2) ? seat.random.pick(COMMON) : ''}\n`;
  return text;
}

/** As a trace has it. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
