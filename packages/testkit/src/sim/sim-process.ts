/**
 * A program that runs on a simulated machine. Whatever it asks of the world goes through `call`: it happens, and is answered,
 * when the seed says so; and the program may be killed before, between and after. A killed program never hears anything again:
 * its promises stay open, its timers do not ring, nothing it begins happens.
 */
import type { Clock } from '@evermesh/core/base';
import type { Scheduler } from './scheduler.ts';
import type { Seeded } from './seeded.ts';
import type { Trace } from './trace.ts';

export interface ProcessParts {
  readonly name: string;
  /** Which program of its machine it is: 1 for the first. */
  readonly number: number;
  readonly scheduler: Scheduler;
  readonly random: Seeded;
  readonly trace: Trace;
  /** Milliseconds of the machine's clock, wherever that stands. */
  readonly time: () => number;
}

/** Of which path, key, frame; a function if it takes work to say, which only a trace that is kept is worth. */
type Detail = string | (() => string);

interface Pending {
  readonly what: string;
  readonly detail: Detail;
  readonly effect: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Milliseconds that a call takes at most, most of the time. */
const QUICK = 0.5;
/** Of calls: what the disk was busy for, in milliseconds. */
const SLOW = 40;

export class SimProcess {
  readonly parts: ProcessParts;
  readonly #pending = new Set<Pending>();
  readonly #deaths = new Set<() => void>();
  #isAlive = true;
  #calls = 0;
  /** The number of the call at which the program is killed, and on which side of it. */
  #fuse: { readonly call: number; readonly before: boolean; readonly blown: () => void } | undefined;

  constructor(parts: ProcessParts) {
    this.parts = parts;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get number(): number {
    return this.parts.number;
  }

  /** Something asked of the world: `effect` happens at one instant, if the program lives to see it, and is answered later. */
  call<T>(what: string, detail: Detail, effect: () => T): Promise<T> {
    // One of its own: a promise that lives for ever keeps whoever waits for it.
    if (!this.#isAlive) return new Promise(() => undefined);
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = { what, detail, effect, resolve, reject };
      this.#pending.add(pending);
      this.parts.scheduler.schedule(this.#delay(), () => this.#happens(pending));
    });
  }

  #happens(pending: Pending): void {
    if (!this.#isAlive || !this.#pending.delete(pending)) return;
    if (this.#blows(true)) {
      // What was under way may still come to pass.
      this.#pending.add(pending);
      return this.#blow();
    }
    const { what, detail, effect, resolve, reject } = pending;
    let answer: (value: never) => void = resolve;
    let value: unknown;
    try {
      value = effect();
      this.#note(what, detail);
    } catch (error) {
      const code = (): string => String((error as { code?: unknown }).code ?? error);
      this.#note(what, () => `${said(detail)} fails: ${code()}`);
      answer = reject;
      value = error;
    }
    if (this.#blows(false)) return this.#blow();
    if (this.parts.random.chance(0.1)) this.later(this.#delay(), () => answer(value as never));
    else answer(value as never);
  }

  /** A timer of the program. */
  later(delay: number, run: () => void): { cancel: () => void } {
    return this.parts.scheduler.schedule(delay, () => {
      if (this.#isAlive) run();
    });
  }

  /** The machine's clock as this program sees it. */
  get clock(): Clock {
    return {
      now: () => Math.floor(this.parts.time()),
      after: (milliseconds, run) => this.later(milliseconds, run),
    };
  }

  /** Kills the program around the call that is `calls` from now. */
  killAt(calls: number, before: boolean, blown: () => void): void {
    this.#fuse = { call: this.#calls + Math.max(1, calls), before, blown };
  }

  /** Nobody kills it any more. */
  spare(): void {
    this.#fuse = undefined;
  }

  /** Told when the program is gone, however. */
  onDeath(told: () => void): () => void {
    this.#deaths.add(told);
    return () => this.#deaths.delete(told);
  }

  /** As by `kill -9`. What it had asked for may or may not still happen; it will never know. */
  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#tell('is killed');
    for (const { what, detail, effect } of this.#pending) {
      if (!this.parts.random.chance(0.5)) continue;
      try {
        effect();
        this.#note('had still asked for', () => `${what} ${said(detail)}`);
      } catch {
        // It failed, and nobody is there to hear of it.
      }
    }
    this.#pending.clear();
    this.#end();
  }

  /** It ended in good order. */
  exit(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#tell('exits');
    this.#pending.clear();
    this.#end();
  }

  #end(): void {
    for (const told of [...this.#deaths]) told();
    this.#deaths.clear();
  }

  #blows(before: boolean): boolean {
    if (before) this.#calls += 1;
    return this.#fuse?.call === this.#calls && this.#fuse.before === before;
  }

  #blow(): void {
    this.#fuse?.blown();
  }

  #delay(): number {
    const { random } = this.parts;
    return random.chance(0.02) ? random.float() * SLOW : random.float() * QUICK;
  }

  #note(what: string, detail: Detail): void {
    const { trace, scheduler, name } = this.parts;
    if (!trace.isKept) return;
    trace.tell({ type: 'call', at: scheduler.now, who: name, what, detail: said(detail) });
  }

  #tell(what: string): void {
    const { trace, scheduler, name } = this.parts;
    trace.tell({ type: 'program', at: scheduler.now, who: name, what });
  }
}

const said = (detail: Detail): string => (typeof detail === 'string' ? detail : detail());
