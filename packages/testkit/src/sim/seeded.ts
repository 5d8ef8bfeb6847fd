/**
 * Random numbers that a seed decides: sfc32 (Chris Doty-Humphrey, PractRand), seeded by hashing names. Streams are forked
 * by name, so what one part draws never shifts what another one draws: a script from which a step was taken out still
 * meets the same network.
 */
import type { Random } from '@evermesh/core/base';

export class Seeded implements Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(name: string) {
    this.#name = name;
    [this.#a, this.#b, this.#c] = hash(name);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A stream of its own, the same whenever it is forked. */
  fork(name: string | number): Seeded {
    return new Seeded(`${this.#name}/${name}`);
  }

  uint32(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }

  /** From 0 (included) to 1 (excluded). */
  float(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.float() * limit);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.float() < probability;
  }

  /** @throws RangeError if there is nothing to pick from */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('There is nothing to pick from.');
    return from[this.below(from.length)] as T;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.uint32();
    return bytes;
  }
}

/** Three 32-bit numbers from a text: FNV-1a with three offsets. */
function hash(text: string): [number, number, number] {
  const state: [number, number, number] = [0x811c9dc5, 0x1b873593, 0x2545f491];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    for (let j = 0; j < 3; j++) state[j] = Math.imul((state[j] as number) ^ (unit + j), 0x01000193);
  }
  return state;
}
