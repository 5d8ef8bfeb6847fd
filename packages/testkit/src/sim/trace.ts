/**
 * What happened, in order. One seed is one trace, event for event. Whoever tells of something asks `isKept` first, so that a
 * trace that nobody reads costs nothing but the counts.
 */
interface Happened {
  /** Milliseconds since the world began. */
  readonly at: number;
  /** The machine, or `world`. */
  readonly who: string;
}

/** Something that a program asked of its machine, done or refused. */
export interface CallEvent extends Happened {
  readonly type: 'call';
  readonly what: string;
  /** Of which path, key, frame. */
  readonly detail: string;
}

/** A frame that arrived at `who`, or, if it is lost, would have. */
export interface FrameEvent extends Happened {
  readonly type: 'frame';
  readonly from: string;
  /** When it was sent, in milliseconds since the world began. */
  readonly sent: number;
  /** The kind of message that is in it. */
  readonly message: string;
  readonly bytes: number;
  readonly isLost: boolean;
}

/** What a person did, or could not do, at the device `who`; or what befell it. */
export interface StepEvent extends Happened {
  readonly type: 'person' | 'misfortune';
  /** The `id` of the step in the script. */
  readonly step: number;
  readonly what: string;
}

/** A program of `who`, a line of it, or the world: in words. */
export interface StateEvent extends Happened {
  readonly type: 'program' | 'network' | 'world';
  readonly what: string;
}

export interface ViolationEvent extends Happened {
  readonly type: 'violation';
  readonly law: string;
  readonly what: string;
}

export type TraceEvent = CallEvent | FrameEvent | StepEvent | StateEvent | ViolationEvent;

/** What people did, what befell them, what the product had to settle because of it, and what it did for itself. */
export type Counted = 'operation' | 'fault' | 'anomaly' | 'upkeep';

export class Trace {
  readonly events: TraceEvent[] = [];
  readonly isKept: boolean;
  /** How often each thing happened: kept always. */
  readonly counts: Readonly<Record<Counted, Map<string, number>>> = {
    operation: new Map(),
    fault: new Map(),
    anomaly: new Map(),
    upkeep: new Map(),
  };

  /** @param isKept false: nothing but counts, for runs by the thousand */
  constructor(isKept: boolean) {
    this.isKept = isKept;
  }

  tell(event: TraceEvent): void {
    if (this.isKept) this.events.push(event);
  }

  count(kind: Counted, what: string): void {
    const counts = this.counts[kind];
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }

  /** As people read it, one line for each event. */
  text(): string {
    return this.events.map(lineOf).join('');
  }
}

const lineOf = (event: TraceEvent): string =>
  `${timeOf(event.at)}  ${event.who.padEnd(8)}  ${wordsOf(event)}\n`;

function wordsOf(event: TraceEvent): string {
  switch (event.type) {
    case 'call':
      return event.detail === '' ? event.what : `${event.what} ${event.detail}`;
    case 'frame':
      return `${event.isLost ? 'never hears' : 'hears'} ${event.message} of ${event.from}, ${event.bytes} bytes`;
    case 'person':
      return `person ${event.what}`;
    case 'violation':
      return `VIOLATION of ${event.law} ${event.what}`;
    default:
      return event.what;
  }
}

/** Hours, minutes, seconds and milliseconds since the world began. */
export function timeOf(at: number): string {
  const whole = Math.floor(at);
  const [ms, s, m] = [whole % 1000, Math.floor(whole / 1000) % 60, Math.floor(whole / 60_000) % 60];
  return `${part(Math.floor(whole / 3_600_000), 3)}:${part(m, 2)}:${part(s, 2)}.${part(ms, 3)}`;
}

const part = (value: number, digits: number): string => String(value).padStart(digits, '0');
