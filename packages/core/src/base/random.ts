/** Where random bytes come from: a seam, so that a simulator decides every identity from one seed. */
export interface Random {
  /** `count` bytes nobody can predict (from a simulator: that its seed decides). */
  bytes(count: number): Uint8Array;
}

/** A whole number of 53 random bits, the range of a Yjs `clientID` that every platform holds exactly. */
export function random53(random: Random): number {
  const view = new DataView(random.bytes(8).buffer);
  return (view.getUint32(0) & 0x1f_ffff) * 0x1_0000_0000 + view.getUint32(4);
}
