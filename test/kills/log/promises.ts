/** What a killed log had said to be durable. */

export class Promises {
  /** Acknowledgements, all told. */
  count = 0;
  cursor = 0;
  /** The last record of each local writer, and of each document of the peer. */
  readonly local = new Map<number, number>();
  readonly remote = new Map<number, number>();
  hasLoaded = false;

  /**
   * Takes to heart what a process printed.
   * @param until when the power went, in nanoseconds of the steady clock: what was said afterwards no machine had said. Default: never
   */
  hear(printed: string, until?: bigint): void {
    this.hasLoaded = false;
    // What stands behind the last line end was not said to its end.
    for (const line of printed.split('\n').slice(0, -1)) {
      const [time = '0', what, first = '0', second = '0'] = line.split(' ');
      if (until !== undefined && BigInt(time) >= until) return;
      if (what === 'loaded') this.hasLoaded = true;
      if (what === 'opening' || what === 'loaded') continue;
      this.count += 1;
      if (what === 'cursor') this.cursor = Math.max(this.cursor, Number(first));
      else if (what === 'local') raise(this.local, Number(first), Number(second));
      else if (what === 'remote') raise(this.remote, Number(first), Number(second));
      else throw new Error(`Nobody says '${line}'.`);
    }
  }
}

function raise(heads: Map<number, number>, whose: number, counter: number): void {
  heads.set(whose, Math.max(heads.get(whose) ?? 0, counter));
}
