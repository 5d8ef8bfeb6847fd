/**
 * Makes the files that scenarios sync: lines of words in nested directories, and some files binary. All of it
 * comes from a seed and from nothing outside, so two runs compare the same work.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SeededRandom } from './random.ts';

/** The directory that scenarios rename, and the one that holds everything else. */
export const RENAMED = 'archive';
const OTHERS = 'notes';

const FILES_A_DIRECTORY = 20;
const LINE_LENGTH = 72;
const WRITES_AT_ONCE = 64;
const SYLLABLES = 'an be co da el fi go hu in ka lo ma ne or pa qui re so ta un ver wi xa yo zen'.split(' ');

export interface FilePlan {
  readonly files: number;
  /** How many of them lie below `RENAMED`. */
  readonly renamed: number;
  /** How many in a hundred are no text. */
  readonly binaryPercent: number;
  /** Of each file. */
  readonly bytes: number;
  readonly seed: number;
}

export interface GeneratedFiles {
  /** Paths relative to the root, `/` between names. */
  readonly texts: readonly string[];
  readonly files: number;
  /** How many of them lie below `RENAMED`. */
  readonly renamed: number;
}

export async function generateFiles(
  root: string,
  { files, renamed, binaryPercent, bytes, seed }: FilePlan,
): Promise<GeneratedFiles> {
  const random = new SeededRandom(seed);
  const words = Array.from({ length: 2000 }, () => word(random));
  const texts: string[] = [];
  let writes: Promise<void>[] = [];
  let directory = '';
  for (let index = 0; index < files; index++) {
    const top = index < renamed ? RENAMED : OTHERS;
    if (index % FILES_A_DIRECTORY === 0 || index === renamed) {
      directory = join(root, top, ...nested(index, random, words));
      await mkdir(directory, { recursive: true });
    }
    // Spread evenly, whatever the share.
    const isBinary = (index * binaryPercent) % 100 < binaryPercent;
    const name = `${random.pick(words)}-${index}.${isBinary ? 'bin' : 'md'}`;
    const path = join(directory, name);
    if (!isBinary) texts.push(path.slice(root.length + 1));
    writes.push(writeFile(path, isBinary ? random.bytes(bytes) : text(random, words, bytes)));
    if (writes.length >= WRITES_AT_ONCE) {
      await Promise.all(writes);
      writes = [];
    }
  }
  await Promise.all(writes);
  return { texts, files, renamed: Math.min(renamed, files) };
}

function line(random: SeededRandom, words: readonly string[]): string {
  let made = random.pick(words);
  while (made.length < LINE_LENGTH) made += ` ${random.pick(words)}`;
  return `${made}\n`;
}

/** One to three levels; the number keeps directories apart. */
function nested(index: number, random: SeededRandom, words: readonly string[]): string[] {
  const levels = Array.from({ length: random.below(3) }, (_, level) => `${words[level]!}-${random.below(6)}`);
  return [...levels, `${random.pick(words)}-${index}`];
}

function text(random: SeededRandom, words: readonly string[], bytes: number): string {
  let made = '';
  while (made.length < bytes) made += line(random, words);
  return `${made.slice(0, bytes - 1)}\n`;
}

const word = (random: SeededRandom): string =>
  Array.from({ length: 1 + random.below(3) }, () => random.pick(SYLLABLES)).join('');
