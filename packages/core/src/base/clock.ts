/** Time and timers: a seam, so that a simulator owns them. No decision that must converge reads the clock. */
export interface Clock {
  /** Milliseconds since 1970 as this machine believes: shown to people, never compared between devices. */
  now(): number;
  /** Calls `run` once after at least `milliseconds`. A timer never keeps a process alive. */
  after(milliseconds: number, run: () => void): Timer;
  /**
   * Resolves when whatever waited for its turn had one; keeps a process alive as long. Absent where nobody but a test gives turns: there
   * a long computation is not interrupted.
   */
  turn?(): Promise<void>;
}

export interface Timer {
  cancel(): void;
}
