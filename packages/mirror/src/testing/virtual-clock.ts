import type { Clock, Timer } from '@evermesh/core';

/**
 * A clock whose waiting takes no time: when everything else that can happen in this turn has, the next timer's time has
 * come. `auto` set to false, time stands until `pass`.
 */
export class VirtualClock implements Clock {
  auto = true;
  /** In 2096: later than a real disk says of any file, so that times of files are never those of this moment. */
  #now = 4_000_000_000_000;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): Timer {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.add(timer);
    if (this.auto) setImmediate(() => this.#ring(timer));
    return { cancel: () => this.#timers.delete(timer) };
  }

  get waiting(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) this.#due(timer);
  }

  #due(timer: { readonly at: number; readonly run: () => void }): void {
    if (timer.at > this.#now || !this.#timers.delete(timer)) return;
    timer.run();
  }

  #ring(timer: { readonly at: number; readonly run: () => void }): void {
    this.#now = Math.max(this.#now, timer.at);
    this.#due(timer);
  }
}
