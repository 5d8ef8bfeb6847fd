/** Is told what a relay does, to count it. What it does with that is its own: the relay waits for nothing. */
export interface RelayMeter {
  frame(direction: 'in' | 'out', bytes: number): void;
  /** Something was not taken from a peer, with this code. */
  refused(code: string): void;
  /** A batch of the store is synced. */
  synced(bytes: number, milliseconds: number): void;
  /** A document was compacted. */
  compacted(): void;
}
