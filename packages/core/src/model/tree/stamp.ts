/**
 * Stamps order what devices wrote into the tree without a common clock: a Lamport number, then the tag of its author's run. They
 * stand in the values of registers, so an order survives even where the history of the document does not.
 */

/** Written `<lamport in base 36>.<tag>`. */
export interface Stamp {
  readonly lamport: number;
  /** Ten hexadecimal digits that tell devices apart. */
  readonly tag: string;
}

/**
 * The largest number a register may carry. A constant of the format, far beyond what counting reaches: without it one
 * absurd register would push every later stamp out of the exact integers.
 */
export const LAMPORT_LIMIT: number = 2 ** 53 - 2 ** 20;

/** Of what an import finds: earlier than anything done by hand, and equal on every device. */
export const SEED_STAMP = '0.0000000000';

const SEED: Stamp = { lamport: 0, tag: '0000000000' };
const STAMP = /^(0|[1-9a-z][0-9a-z]{0,10})\.([0-9a-f]{10})$/;
const TAG = /^[0-9a-f]{10}$/;

export const isTag = (text: string): boolean => TAG.test(text);

export const formatStamp = ({ lamport, tag }: Stamp): string => `${lamport.toString(36)}.${tag}`;

/** `undefined` for what is no stamp, or has an absurd number. */
export function parseStamp(text: string): Stamp | undefined {
  if (text === SEED_STAMP) return SEED;
  const [, digits, tag] = STAMP.exec(text) ?? [];
  if (digits === undefined || tag === undefined) return undefined;
  const lamport = Number.parseInt(digits, 36);
  return lamport <= LAMPORT_LIMIT ? { lamport, tag } : undefined;
}

/** Negative if `a` is the earlier one. Equal stamps are told apart by what carries them. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.lamport !== b.lamport) return a.lamport - b.lamport;
  return a.tag === b.tag ? 0 : a.tag < b.tag ? -1 : 1;
}
