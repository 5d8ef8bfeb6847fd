/** The socket as a channel sees it. */
export interface ChannelSocket {
  send(frame: Uint8Array): void;
  /** More waits to leave than a reader that keeps up would let wait. */
  readonly isFull: boolean;
  /** Resolves when there is room again, or the socket is closed. */
  drained(): Promise<void>;
  /**
   * Does this once there is room, and after all that waits for its turn already: of what many channels read for one socket, one piece is in
   * memory. Does it as well if the socket is closed.
   */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
}
