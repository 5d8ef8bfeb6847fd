/** How much machines of these worlds take before they have done with what came: their records are small, and credit would never run out. */
import type { Seeded } from './seeded.ts';

/** Bytes; `undefined`: as much as elsewhere. One byte is one frame at a time. */
const TAKEN = [1, 1000, 8000, 60_000, undefined] as const;

/** The same for as long as a machine lasts. */
export const takenBytes = (random: Seeded): number | undefined => random.fork('credit').pick(TAKEN);

/** What is counted of it. */
export const CREDIT = { raised: 'credit is raised', out: 'credit runs out' } as const;

/** By the first byte of the frame that tells it. */
export const CREDIT_TOLD: ReadonlyMap<number, string> = new Map([
  [20, CREDIT.raised],
  [21, CREDIT.out],
]);
