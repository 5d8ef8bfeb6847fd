/** What the files of a process hold that is killed while it collects: what each save of each of them comes to, told by its first line. */
import { equalBytes } from '@evermesh/core/base';
import { seededBytes } from '../../support/seeded-bytes.ts';

export const FILES = 6;

/** Milliseconds: of ten saves or so in a second three are kept for a while, and the contents of the others go. */
export const HISTORY = { everything: 240, thinned: [{ every: 400, for: 4000 }] };

export const pathOf = (file: number): string => `file ${file}`;

/** In the store; beside it; in chunks, most of which the next save has as well. */
const SIZES = [200, 100_000, 700_000];
const BYTES = seededBytes(800_000);

/** The content that save `number` of a file leaves. It is no text. */
export function contentOf(file: number, number: number): Uint8Array {
  const size = SIZES[file % SIZES.length] as number;
  const head = Buffer.from(`\0${file} ${number}\n`);
  const bytes = Buffer.from(BYTES.subarray(file * 1000, file * 1000 + size));
  head.copy(bytes);
  // In the middle of a large one something else each time.
  Buffer.from(`\0${number} of ${file}`).copy(bytes, size >>> 1);
  return new Uint8Array(bytes);
}

/** Which save a content is of. @throws if it is of none */
export function numberOf(file: number, bytes: Uint8Array): number {
  const head = /^\0(\d+) (\d+)\n/.exec(Buffer.from(bytes.subarray(0, 40)).toString('latin1'));
  const number = Number(head?.[2]);
  if (Number(head?.[1]) !== file || !equalBytes(bytes, contentOf(file, number)))
    throw new Error(`${pathOf(file)} holds what nobody saved.`);
  return number;
}
