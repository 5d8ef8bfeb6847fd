import type { Random } from '../base/index.ts';

/** Bytes that a seed decides (xorshift32): the same identities in every run of a test. */
export function seededRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e37_79b1) | 0;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  };
  return { bytes: (count) => Uint8Array.from({ length: count }, next) };
}
