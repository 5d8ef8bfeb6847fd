/**
 * The network: lines between programs, on which frames take time and arrive whole and in order, until the line breaks. A line
 * whose ends cannot reach each other any more falls silent: neither end is told.
 */
import type { ConnectionEvents } from '@evermesh/core';
import { EvermeshError } from '@evermesh/core/errors';
import { decodeMessage } from '@evermesh/core/protocol';
import { Copies } from './copies.ts';
import type { Scheduler } from './scheduler.ts';
import type { Seeded } from './seeded.ts';
import type { SimProcess } from './sim-process.ts';
import type { Trace } from './trace.ts';

/** What an end of a line is told. */
export interface LineEnd {
  frame(bytes: Uint8Array): void;
  /** The other end is gone, or the line is. */
  closed(): void;
}

/** One way of a line. */
interface Way {
  readonly from: SimProcess;
  readonly to: SimProcess;
  readonly end: () => LineEnd | undefined;
  /** When the last frame arrives: none overtakes another. */
  last: number;
  /** Bytes that are on their way, or wait because the reader rests. */
  bytes: number;
  readonly waiting: { readonly frame: Uint8Array; readonly sent: number }[];
  isResting: boolean;
}

export interface Conditions {
  /** Milliseconds that a frame takes at least, and how much more it may take. */
  readonly latency: number;
  readonly jitter: number;
  /** Bytes a millisecond. */
  readonly rate: number;
}

export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #random: Seeded;
  readonly #trace: Trace;
  readonly #lines = new Set<Line>();
  readonly #copies: Copies = new Copies();
  /** Machines that are cut off. */
  readonly #away = new Set<string>();
  conditions: Conditions = { latency: 1, jitter: 20, rate: 1000 };
  frames = 0;
  bytes = 0;
  /** Machines that sent records; nobody is noted while nobody asks. */
  #authors: Set<string> | undefined;

  constructor(scheduler: Scheduler, random: Seeded, trace: Trace) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#trace = trace;
  }

  /** A machine by itself: what is sent to it and by it gets lost. */
  cutOff(machine: string): void {
    this.#away.add(machine);
    this.#tell(machine, 'is cut off');
    for (const line of this.#lines) if (line.touches(machine)) line.silence();
  }

  reachAgain(machine: string): void {
    if (this.#away.delete(machine)) this.#tell(machine, 'is reached again');
  }

  reaches(a: string, b: string): boolean {
    return !this.#away.has(a) && !this.#away.has(b);
  }

  /** Breaks the lines of a machine: both ends are told. */
  breakLines(machine: string): number {
    const lines = [...this.#lines].filter((line) => line.touches(machine) && line.isOpen);
    for (const line of lines) line.breaks();
    return lines.length;
  }

  /** From now on, machines that send records are noted. */
  watchAuthors(): void {
    this.#authors = new Set();
  }

  /** Those that were noted; nobody is any more. */
  takeAuthors(): ReadonlySet<string> {
    const authors = this.#authors ?? new Set();
    this.#authors = undefined;
    return authors;
  }

  /** Milliseconds that something of this size takes. */
  delay(bytes: number): number {
    const { latency, jitter, rate } = this.conditions;
    return latency + this.#random.float() ** 3 * jitter + bytes / rate;
  }

  #tell(who: string, what: string): void {
    this.#trace.tell({ type: 'network', at: this.#scheduler.now, who, what });
  }

  /** Opens a line; the ends are named once both sides have one. */
  line(caller: SimProcess, listener: SimProcess): Line {
    const line = new Line(caller, listener, {
      copies: this.#copies,
      scheduler: this.#scheduler,
      delay: (bytes) => this.delay(bytes),
      reaches: () => this.reaches(caller.parts.name, listener.parts.name),
      arrived: (frame, from) => {
        this.frames += 1;
        this.bytes += frame.byteLength;
        if (this.#authors !== undefined && kindOf(frame) === 'PUT') this.#authors.add(from);
      },
      trace: this.#trace,
      over: () => this.#lines.delete(line),
    });
    this.#lines.add(line);
    return line;
  }
}

interface LineParts {
  readonly copies: Copies;
  readonly scheduler: Scheduler;
  readonly delay: (bytes: number) => number;
  readonly reaches: () => boolean;
  readonly arrived: (frame: Uint8Array, from: string) => void;
  readonly trace: Trace;
  readonly over: () => void;
}

type Side = 'caller' | 'listener';

/** One connection. Frames of either side arrive in order; after the first one that does not, none does. */
export class Line {
  readonly #parts: LineParts;
  readonly #ways: Record<Side, Way>;
  readonly #ends: Partial<Record<Side, LineEnd>> = {};
  #isOpen = true;
  /** Nothing arrives any more, and nobody was told. */
  #isSilent = false;

  constructor(caller: SimProcess, listener: SimProcess, parts: LineParts) {
    this.#parts = parts;
    const way = (from: SimProcess, to: SimProcess, side: Side): Way => ({
      from,
      to,
      end: () => this.#ends[side],
      last: 0,
      bytes: 0,
      waiting: [],
      isResting: false,
    });
    this.#ways = {
      caller: way(caller, listener, 'listener'),
      listener: way(listener, caller, 'caller'),
    };
    for (const side of ['caller', 'listener'] as const) {
      // The system of a program that is gone closes its lines; a machine without power says nothing.
      this.#ways[side].from.onDeath(() => this.close(side));
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  touches(machine: string): boolean {
    return [this.#ways.caller, this.#ways.listener].some(({ from }) => from.parts.name === machine);
  }

  attach(side: Side, end: LineEnd): void {
    this.#ends[side] = end;
  }

  /** Bytes that this side sent and that have not been taken. */
  buffered(side: Side): number {
    return this.#ways[side].bytes;
  }

  send(side: Side, frame: Uint8Array, sent: () => void = () => undefined): void {
    if (!this.#isOpen) return;
    const way = this.#ways[side];
    const bytes = this.#parts.copies.of(frame);
    way.bytes += bytes.byteLength;
    const { scheduler, delay, reaches } = this.#parts;
    if (!reaches()) this.silence();
    const at = scheduler.now;
    way.last = Math.max(way.last, at + delay(bytes.byteLength));
    scheduler.schedule(way.last - at, () => {
      if (!this.#isOpen || this.#isSilent) return this.#tell(way, bytes, at, true);
      if (way.isResting) way.waiting.push({ frame: bytes, sent: at });
      else this.#arrive(way, bytes, at);
      if (way.from.isAlive) sent();
    });
  }

  /** This side reads no more until `resume`. */
  pause(side: Side): void {
    this.#towards(side).isResting = true;
  }

  resume(side: Side): void {
    const way = this.#towards(side);
    way.isResting = false;
    for (const { frame, sent } of way.waiting.splice(0)) this.#arrive(way, frame, sent);
  }

  isPaused(side: Side): boolean {
    return this.#towards(side).isResting;
  }

  /** This side closes: what it sent before still arrives, and the other one is told. */
  close(side: Side): void {
    if (!this.#isOpen) return;
    const way = this.#ways[side];
    const { scheduler, delay } = this.#parts;
    delete this.#ends[side];
    if (this.#isSilent) return this.#end();
    way.last = Math.max(way.last, scheduler.now + delay(0));
    scheduler.schedule(way.last - scheduler.now, () => {
      if (!this.#isOpen || this.#isSilent) return;
      this.#end();
      if (way.to.isAlive) way.end()?.closed();
    });
  }

  /** Breaks, with everything that is on its way; both ends are told. */
  breaks(): void {
    if (!this.#isOpen) return;
    this.#end();
    const { trace, scheduler } = this.#parts;
    const who = this.#ways.caller.from.parts.name;
    trace.tell({ type: 'network', at: scheduler.now, who, what: 'has a line broken' });
    for (const side of ['caller', 'listener'] as const) {
      const { from } = this.#ways[side];
      if (from.isAlive) from.later(this.#parts.delay(0), () => this.#ends[side]?.closed());
    }
  }

  silence(): void {
    this.#isSilent = true;
  }

  #towards(side: Side): Way {
    return this.#ways[side === 'caller' ? 'listener' : 'caller'];
  }

  #arrive(way: Way, bytes: Uint8Array, sent: number): void {
    way.bytes -= bytes.byteLength;
    this.#parts.arrived(bytes, way.from.parts.name);
    this.#tell(way, bytes, sent, !way.to.isAlive);
    if (!way.to.isAlive) return;
    way.end()?.frame(bytes);
  }

  #tell({ from, to }: Way, frame: Uint8Array, sent: number, isLost: boolean): void {
    const { trace, scheduler } = this.#parts;
    if (!trace.isKept) return;
    trace.tell({
      type: 'frame',
      at: scheduler.now,
      who: to.parts.name,
      from: from.parts.name,
      sent,
      message: kindOf(frame),
      bytes: frame.byteLength,
      isLost,
    });
  }

  #end(): void {
    this.#isOpen = false;
    this.#parts.over();
  }
}

/** Of the message in a frame, if it is one. */
function kindOf(frame: Uint8Array): string {
  try {
    return decodeMessage(frame).type;
  } catch {
    return 'nonsense';
  }
}

export const unreachable = (why: string): EvermeshError => new EvermeshError('LINK_UNREACHABLE', why);

/** What a connection of the product's is told of its line. */
export const endOf = (events: ConnectionEvents): LineEnd => ({
  frame: (bytes) => events.frame(bytes),
  closed: () => events.closed(new EvermeshError('LINK_CLOSED', 'The relay closed the connection.')),
});
