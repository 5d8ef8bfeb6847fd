/**
 * Lower case and composition (NFC) by tables of one version of Unicode. A runtime's own follow the version that it was built with: two
 * versions would show two trees. Algorithms: The Unicode Standard, sections 3.11, 3.12 and 3.13.
 */
import { CASE_IGNORABLE, CASED, CLASSES, DECOMPOSITIONS, LOWER } from './unicode-data.ts';

/** Nothing below is ever composed, or has a class. */
const FIRST_MARK = 0x300;
const SIGMA = 0x3a3;
const FINAL_SIGMA = 0x3c2;
const HANGUL = { syllables: 0xac00, leads: 0x1100, vowels: 0x1161, tails: 0x11a7 } as const;
const [LEADS, VOWELS, TAILS] = [19, 21, 28] as const;
const SYLLABLES = LEADS * VOWELS * TAILS;

interface Tables {
  readonly lower: ReadonlyMap<number, number>;
  readonly parts: ReadonlyMap<number, readonly number[]>;
  /** By the first, and by the second. */
  readonly composed: ReadonlyMap<number, ReadonlyMap<number, number>>;
  readonly classes: ReadonlyMap<number, number>;
  readonly cased: ReadonlySet<number>;
  readonly caseIgnorable: ReadonlySet<number>;
}

let known: Tables | undefined;

/** Read when the first name needs them: most are of ASCII. */
const tables = (): Tables => (known ??= readTables());

/** As `toLowerCase` of a runtime with this version of Unicode. */
export function lowerCase(text: string): string {
  const { lower } = tables();
  const codes = codesOf(text);
  return codes
    .map((code, i) => {
      if (code === 0x130) return 'i\u0307';
      if (code === SIGMA && isFinal(codes, i)) return String.fromCodePoint(FINAL_SIGMA);
      return String.fromCodePoint(lower.get(code) ?? code);
    })
    .join('');
}

/** As `normalize('NFC')`. */
export function composed(text: string): string {
  if (isPlain(text)) return text;
  const codes = compose(decompose(codesOf(text)));
  return codes.map((code) => String.fromCodePoint(code)).join('');
}

const codesOf = (text: string): number[] =>
  Array.from(text, (character) => character.codePointAt(0) as number);

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= FIRST_MARK) return false;
  return true;
}

/** A sigma at the end of a word. */
function isFinal(codes: readonly number[], at: number): boolean {
  const { cased, caseIgnorable } = tables();
  const isCasedFrom = (from: number, step: 1 | -1): boolean => {
    let i = from;
    while (i >= 0 && i < codes.length && caseIgnorable.has(codes[i] as number)) i += step;
    return cased.has(codes[i] as number);
  };
  return isCasedFrom(at - 1, -1) && !isCasedFrom(at + 1, 1);
}

function decompose(codes: readonly number[]): number[] {
  const { parts, classes } = tables();
  const all: number[] = [];
  for (const code of codes) {
    for (const part of hangulParts(code) ?? parts.get(code) ?? [code]) {
      const rank = classes.get(part) ?? 0;
      if (rank === 0) all.push(part);
      else all.splice(placeOf(rank, all), 0, part);
    }
  }
  return all;
}

/** Behind all that has no higher class. */
function placeOf(rank: number, codes: readonly number[]): number {
  const { classes } = tables();
  let at = codes.length;
  while (at > 0 && (classes.get(codes[at - 1] as number) ?? 0) > rank) at -= 1;
  return at;
}

function compose(codes: readonly number[]): number[] {
  const { classes } = tables();
  const all: number[] = [];
  let starter = -1;
  let last = 0;
  for (const code of codes) {
    const rank = classes.get(code) ?? 0;
    // Between it and the starter stands nothing, or only what has a lower class.
    const isNext = starter >= 0 && (starter === all.length - 1 || (last > 0 && last < rank));
    const together = isNext ? pair(all[starter] as number, code) : undefined;
    if (together !== undefined) {
      all[starter] = together;
      continue;
    }
    if (rank === 0) starter = all.length;
    last = rank;
    all.push(code);
  }
  return all;
}

function hangulParts(code: number): number[] | undefined {
  const index = code - HANGUL.syllables;
  if (index < 0 || index >= SYLLABLES) return undefined;
  const lead = HANGUL.leads + Math.floor(index / (VOWELS * TAILS));
  const vowel = HANGUL.vowels + Math.floor((index % (VOWELS * TAILS)) / TAILS);
  const tail = index % TAILS;
  return tail === 0 ? [lead, vowel] : [lead, vowel, HANGUL.tails + tail];
}

function pair(first: number, second: number): number | undefined {
  const [lead, vowel, tail] = [first - HANGUL.leads, second - HANGUL.vowels, second - HANGUL.tails];
  if (lead >= 0 && lead < LEADS && vowel >= 0 && vowel < VOWELS)
    return HANGUL.syllables + (lead * VOWELS + vowel) * TAILS;
  const syllable = first - HANGUL.syllables;
  const isOpen = syllable >= 0 && syllable < SYLLABLES && syllable % TAILS === 0;
  if (isOpen && tail > 0 && tail < TAILS) return first + tail;
  return tables().composed.get(first)?.get(second);
}

function readTables(): Tables {
  const lower = new Map<number, number>();
  const runs = numbersIn(LOWER);
  for (let i = 0; i < runs.length; i += 4) {
    const [first = 0, count = 0, step = 0, distance = 0] = runs.slice(i, i + 4);
    for (let n = 0; n < count; n++) lower.set(first + n * step, first + n * step + distance);
  }
  const parts = new Map<number, readonly number[]>();
  const pairs: [code: number, parts: readonly number[]][] = [];
  for (const line of DECOMPOSITIONS.split(',')) {
    const [code = 0, ...made] = numbersIn(line.replace('!', ''));
    parts.set(code, made);
    if (!line.startsWith('!')) pairs.push([code, made]);
  }
  const classes = new Map<number, number>();
  for (const [i, group] of CLASSES.split(',').entries())
    for (const code of inRanges(group)) classes.set(code, i + 1);
  const cased = new Set(inRanges(CASED));
  const caseIgnorable = new Set(inRanges(CASE_IGNORABLE));
  return { lower, parts, composed: pairsOf(pairs), classes, cased, caseIgnorable };
}

/** What is made of more than two is composed of what all but its last one come to, and of that. */
function pairsOf(
  all: readonly (readonly [code: number, parts: readonly number[]])[],
): Map<number, Map<number, number>> {
  const byParts = new Map(all.map(([code, parts]) => [parts.join(' '), code]));
  const pairs = new Map<number, Map<number, number>>();
  for (const [code, parts] of all) {
    const before = parts.slice(0, -1);
    const first = before.length === 1 ? before[0] : byParts.get(before.join(' '));
    if (first === undefined) continue;
    const seconds = pairs.get(first) ?? new Map<number, number>();
    pairs.set(first, seconds.set(parts.at(-1) as number, code));
  }
  return pairs;
}

function* inRanges(text: string): Generator<number> {
  const numbers = numbersIn(text);
  for (let i = 0; i < numbers.length; i += 2) {
    const [first = 0, count = 0] = numbers.slice(i, i + 2);
    for (let code = first; code < first + count; code++) yield code;
  }
}

const numbersIn = (text: string): number[] => text.split(' ').map((digits) => Number.parseInt(digits, 36));
