/** What is random and what time it is, told by a seed: the same identities whenever the fixtures are made. */
import { createHash } from 'node:crypto';
import { type Clock, type Random, systemClock } from '@evermesh/core';

export function seeded(seed: string): Random {
  let drawn = 0;
  const block = (): Uint8Array => createHash('sha256').update(`${seed} ${drawn++}`).digest();
  return {
    bytes: (count) => {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at += 32) bytes.set(block().subarray(0, Math.min(32, count - at)), at);
      return bytes;
    },
  };
}

/**
 * Each look at it is a second later.
 * @param later milliseconds by which it begins later than others
 */
export function steppingClock(later = 0): Clock & { readonly pass: (milliseconds: number) => void } {
  let now = Date.UTC(2026, 0, 1) + later;
  return {
    now: () => (now += 1000),
    after: (milliseconds, run) => systemClock.after(milliseconds, run),
    pass: (milliseconds) => void (now += milliseconds),
  };
}
