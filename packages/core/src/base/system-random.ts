import type { Random } from './random.ts';

/** The platform's cryptographic generator. */
export const systemRandom: Random = {
  bytes: (count) => globalThis.crypto.getRandomValues(new Uint8Array(count)),
};
