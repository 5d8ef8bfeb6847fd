/** Time and timers: a seam, so that a simulator owns them. No decision that must converge reads the clock. */
export interface Clock {
  /** Milliseconds since 1970 as this machine believes: shown to people, never compared between devices. */
  now(): number;
  /** Calls `run` once after at least `milliseconds`. A timer never keeps a process alive. */
  after(milliseconds: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}
