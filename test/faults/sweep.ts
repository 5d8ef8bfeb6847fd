/** What every sweep has: the faults, and a fault at one call of a store after the other. */
import { isEvermeshError } from '@evermesh/core';
import type { Fault, FaultyStore } from '@evermesh/testkit';

export const FAULTS: readonly (Fault & string)[] = ['refused', 'unheard', 'torn'];

/**
 * Runs `live` with a fault at one call after the other, until it ends without meeting it. Returns the calls that it makes.
 * @param byDefault from one call to the next, unless FAULT_STEP says otherwise
 */
export async function sweep(
  fault: Fault & string,
  live: (at: number) => Promise<FaultyStore>,
  byDefault: number = 3,
): Promise<number> {
  const step = Number(process.env['FAULT_STEP'] ?? byDefault);
  for (let at = 1 + (FAULTS.indexOf(fault) % step); ; at += step) {
    const store = await live(at);
    if (!store.failure.aborted) return store.calls;
  }
}

/** @throws what is not the failure of a store, here or at the relay, that was asked for */
export function expectFailure(error: unknown, store: FaultyStore): void {
  const codes = ['STORE_FAILED', 'RELAY_DRAINING'] as const;
  const isNamed = error === store.failure.reason || codes.some((code) => isEvermeshError(error, code));
  if (!isNamed || !store.failure.aborted) throw error;
}

export const isDamage = (error: unknown): boolean =>
  isEvermeshError(error, 'STORE_CORRUPT') || isEvermeshError(error, 'RELAY_DAMAGED');
