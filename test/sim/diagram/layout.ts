/**
 * Where things stand in a space-time diagram: a column for each machine, time downwards. Where nothing happens, time is short;
 * where much happens at once, it is long enough for the words.
 */
import type { TraceEvent } from '@evermesh/testkit/sim';

export type FrameEvent = Extract<TraceEvent, { type: 'frame' }>;
/** Something at one machine, with words. */
export type Mark = Exclude<TraceEvent, { type: 'frame' | 'call' }>;

/** A time in which a machine does not run, or is cut off. */
export interface Period {
  readonly who: string;
  readonly what: 'is down' | 'is cut off';
  readonly from: number;
  readonly to: number;
}

/** A stretch of time in which nothing happened, in milliseconds since the world began. */
export interface Pause {
  readonly from: number;
  readonly to: number;
}

export interface Layout {
  readonly machines: readonly string[];
  readonly frames: readonly FrameEvent[];
  readonly marks: readonly { readonly mark: Mark; readonly y: number }[];
  readonly periods: readonly Period[];
  readonly pauses: readonly Pause[];
  readonly height: number;
  /** Of a time, in pixels from the top. */
  readonly y: (at: number) => number;
}

/** Pixels for a line of words. */
const LINE = 15;
/** Milliseconds from which on a pause is told. */
const LONG = 2000;

export function layoutOf(events: readonly TraceEvent[]): Layout {
  const marks = events.filter((event): event is Mark => event.type !== 'frame' && event.type !== 'call');
  const frames = events.filter((event) => event.type === 'frame').filter(isTelling);
  const machines = [...new Set(marks.map(({ who }) => who))].filter((who) => who !== 'world');
  const times = [...frames.flatMap(({ sent, at }) => [sent, at]), ...marks.map(({ at }) => at)];
  const placed: { mark: Mark; y: number }[] = [];
  const places = new Map<number, number>();
  const pauses: Pause[] = [];
  const lastWords = new Map<string, number>();
  let [y, before, next] = [LINE, 0, 0];
  for (const at of [...new Set(times)].sort((a, b) => a - b)) {
    y += lengthOf(at - before);
    if (at - before >= LONG) {
      pauses.push({ from: before, to: at });
      y += LINE;
    }
    places.set(at, y);
    for (let mark = marks[next]; mark !== undefined && mark.at <= at; mark = marks[++next]) {
      // What concerns everybody stands on a line of its own.
      const above = mark.who === 'world' ? Math.max(0, ...lastWords.values()) : lastWords.get(mark.who);
      y = Math.max(y, (above ?? 0) + LINE, (lastWords.get('world') ?? 0) + LINE);
      lastWords.set(mark.who, y);
      placed.push({ mark, y });
    }
    before = at;
  }
  const periods = periodsIn(machines, marks, before);
  return {
    machines,
    frames,
    marks: placed,
    periods,
    pauses,
    height: y + 2 * LINE,
    y: (at) => places.get(at) ?? y,
  };
}

/** Signs of life say nothing. */
const isTelling = ({ message, isLost }: FrameEvent): boolean =>
  isLost || (message !== 'PING' && message !== 'PONG');

/** Pixels of a stretch of time in milliseconds: the longer, the less for each. */
const lengthOf = (milliseconds: number): number => Math.min(40, 9 * Math.log10(1 + milliseconds));

const BEGINS: Readonly<Record<string, Period['what']>> = {
  'is killed': 'is down',
  exits: 'is down',
  'is cut off': 'is cut off',
};
const ENDS: Readonly<Record<string, Period['what']>> = {
  begins: 'is down',
  'is reached again': 'is cut off',
};

function periodsIn(machines: readonly string[], marks: readonly Mark[], end: number): Period[] {
  // Nothing runs before it begins.
  const open = new Map<string, Period>(
    machines.map((who) => [`${who} is down`, { who, what: 'is down', from: 0, to: end }]),
  );
  const found: Period[] = [];
  for (const { type, who, what, at } of marks) {
    if (type !== 'program' && type !== 'network') continue;
    const [begun, ended] = [BEGINS[what], ENDS[what]];
    if (begun !== undefined) open.set(`${who} ${begun}`, { who, what: begun, from: at, to: end });
    if (ended === undefined) continue;
    const period = open.get(`${who} ${ended}`);
    if (period !== undefined) found.push({ ...period, to: at });
    open.delete(`${who} ${ended}`);
  }
  return [...found, ...open.values()].filter(({ from, to }) => from < to);
}
