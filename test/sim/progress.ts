/**
 * How far many runs have come: on a terminal one line that is written over, a few times a second; elsewhere a line for each
 * tenth of the way, which a log can bear.
 */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface Standing {
  readonly runs: number;
  readonly operations: number;
  readonly failures: number;
  /** Milliseconds since the first run began. */
  readonly elapsed: number;
  /** How much of the way is done, 0 to 1. */
  readonly share: number;
}

const WIDTH = 20;
/** Milliseconds between two pictures. */
const OFTEN = 200;
const CLEAR = '\r\u001B[2K';

export class Progress {
  readonly #terminal: Terminal;
  #drawn = -OFTEN;
  #tenths = 0;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(standing: Standing): void {
    const { elapsed, share } = standing;
    if (this.#terminal.isTTY === true) {
      if (elapsed - this.#drawn < OFTEN) return;
      this.#drawn = elapsed;
      this.#isShown = true;
      this.#terminal.write(`${CLEAR}${bar(share)} ${lineOf(standing)}`);
      return;
    }
    const tenths = Math.floor(share * 10 + 1e-9);
    if (tenths <= this.#tenths) return;
    this.#tenths = tenths;
    this.#terminal.write(`${tenths * 10} %: ${lineOf(standing)}\n`);
  }

  /** Takes the line away, before something else is written. */
  clear(): void {
    if (this.#isShown) this.#terminal.write(CLEAR);
    this.#isShown = false;
  }
}

const bar = (share: number): string => {
  const full = Math.min(WIDTH, Math.floor(share * WIDTH));
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`;
};

function lineOf({ runs, operations, failures, elapsed, share }: Standing): string {
  const seconds = Math.max(elapsed, 1) / 1000;
  const left = share > 0 ? (elapsed / share) * (1 - share) : 0;
  return (
    `${runs} runs, ${(runs / seconds).toFixed(1)} runs/s, ${Math.round(operations / seconds)} operations/s, ` +
    `${failures} failures, ${durationOf(left)} left`
  );
}

/** `1:02:03`. @param milliseconds rounded up to whole seconds */
function durationOf(milliseconds: number): string {
  const whole = Math.ceil(milliseconds / 1000);
  const [s, m] = [whole % 60, Math.floor(whole / 60) % 60].map((part) => String(part).padStart(2, '0'));
  return `${Math.floor(whole / 3600)}:${m}:${s}`;
}
