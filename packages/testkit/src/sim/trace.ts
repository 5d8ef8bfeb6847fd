/** What happened, in order, one line each. One seed is one trace, byte for byte. */
export interface TraceLine {
  /** Milliseconds since the world began. */
  readonly at: number;
  /** The machine, or `world`. */
  readonly who: string;
  readonly what: string;
  /** Of which path, key, frame. */
  readonly detail: string;
}

export class Trace {
  readonly lines: TraceLine[] = [];
  readonly #isKept: boolean;
  /** How often each thing happened: kept always. */
  readonly counts: Map<string, number> = new Map();

  /** @param isKept false: nothing but counts, for runs by the thousand */
  constructor(isKept: boolean) {
    this.#isKept = isKept;
  }

  get isKept(): boolean {
    return this.#isKept;
  }

  note(at: number, who: string, what: string, detail: string): void {
    if (this.#isKept) this.lines.push({ at, who, what, detail });
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  /** As people read it. */
  text(): string {
    return this.lines.map(textOf).join('');
  }
}

export const textOf = ({ at, who, what, detail }: TraceLine): string =>
  `${timeOf(at)}  ${who.padEnd(8)}  ${what}${detail === '' ? '' : ` ${detail}`}\n`;

/** Hours, minutes, seconds and milliseconds since the world began. */
function timeOf(at: number): string {
  const whole = Math.floor(at);
  const [ms, s, m] = [whole % 1000, Math.floor(whole / 1000) % 60, Math.floor(whole / 60_000) % 60];
  return `${part(Math.floor(whole / 3_600_000), 3)}:${part(m, 2)}:${part(s, 2)}.${part(ms, 3)}`;
}

const part = (value: number, digits: number): string => String(value).padStart(digits, '0');
