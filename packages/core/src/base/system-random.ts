import type { Random } from './random.ts';

/** Bytes drawn at once: each call into the platform costs as much as hashing a small file. */
const POOL = 4096;

let pool = new Uint8Array(0);

/** The platform's cryptographic generator. */
export const systemRandom: Random = {
  bytes(count) {
    if (count > POOL) return globalThis.crypto.getRandomValues(new Uint8Array(count));
    if (pool.byteLength < count) pool = globalThis.crypto.getRandomValues(new Uint8Array(POOL));
    const drawn = pool.slice(0, count);
    pool = pool.subarray(count);
    return drawn;
  },
};
