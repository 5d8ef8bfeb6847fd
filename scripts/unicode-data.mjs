/**
 * `node scripts/unicode-data.mjs`, on a Node of the wanted Unicode version: writes the tables by which names are compared, so that what
 * a runtime knows of Unicode decides nothing. Another version is another version of the rules of names.
 */
import { writeFileSync } from 'node:fs';

const isWhole = (code) => code < 0xd800 || code > 0xdfff;
const isHangul = (code) => code >= 0xac00 && code <= 0xd7a3;
const codesOf = (text) => Array.from(text, (character) => character.codePointAt(0));
const all = Array.from({ length: 0x110000 }, (_, code) => code).filter(isWhole);
const text = (code) => String.fromCodePoint(code);
const inBase36 = (numbers) => numbers.map((number) => number.toString(36)).join(' ');

/** Runs of characters that lie `step` apart and become what lies as far away: start, count, step, distance. */
function lower() {
  const runs = [];
  for (const code of all) {
    const codes = codesOf(text(code).toLowerCase());
    // What becomes two characters, and what depends on its neighbours, is told by hand.
    if (codes.length > 1 || codes[0] === code) continue;
    const distance = codes[0] - code;
    const run = runs.at(-1);
    const step = run === undefined ? 0 : code - run.last;
    const fits = run?.distance === distance && (run.count === 1 ? step <= 2 : step === run.step);
    if (fits) Object.assign(run, { count: run.count + 1, step, last: code });
    else runs.push({ first: code, count: 1, step: 1, distance, last: code });
  }
  return inBase36(runs.flatMap(({ first, count, step, distance }) => [first, count, step, distance]));
}

/** Each: the character, then what it is made of, in full; beginning with `!` if that is not composed again. */
function decompositions() {
  return all
    .filter((code) => !isHangul(code) && text(code).normalize('NFD') !== text(code))
    .map((code) => {
      const parts = codesOf(text(code).normalize('NFD'));
      const isComposed = text(code).normalize('NFC') === text(code);
      const before = codesOf(String.fromCodePoint(...parts.slice(0, -1)).normalize('NFC'));
      if (isComposed && before.length !== 1) throw new Error(`${code} is not made of two`);
      return `${isComposed ? '' : '!'}${inBase36([code, ...parts])}`;
    })
    .join(',');
}

const changes = (codes) => String.fromCodePoint(...codes).normalize('NFD') !== String.fromCodePoint(...codes);

const compare = (a, b) => (changes([a, b]) ? 1 : changes([b, a]) ? -1 : 0);

/** Marks in the order in which they are put behind a character, by class: ranges of first and length. */
function classes() {
  const marks = all.filter((code) => !changes([code]) && (changes([code, 0x334]) || changes([0x345, code])));
  const groups = [];
  for (const mark of [...marks].sort((a, b) => compare(a, b) || a - b)) {
    const group = groups.at(-1);
    if (group !== undefined && compare(group[0], mark) === 0) group.push(mark);
    else groups.push([mark]);
  }
  return groups.map((group) => ranges(group)).join(',');
}

function ranges(codes) {
  const found = [];
  for (const code of codes) {
    const last = found.at(-1);
    if (last !== undefined && last[0] + last[1] === code) last[1] += 1;
    else found.push([code, 1]);
  }
  return inBase36(found.flat());
}

const tables = {
  LOWER: lower(),
  DECOMPOSITIONS: decompositions(),
  CLASSES: classes(),
  CASED: ranges(all.filter((code) => /\p{Cased}/u.test(text(code)))),
  CASE_IGNORABLE: ranges(all.filter((code) => /\p{Case_Ignorable}/u.test(text(code)))),
};
const file = `/** Made by \`scripts/unicode-data.mjs\`, which says what stands here. Constants of the format. */
export const UNICODE_VERSION = '${process.versions.unicode}';

${Object.entries(tables)
  .map(([name, value]) => `export const ${name} =\n  '${value}';\n`)
  .join('\n')}`;
writeFileSync(new URL('../packages/core/src/model/tree/unicode-data.ts', import.meta.url), file);
