/** The socket as a channel sees it. */
export interface ChannelSocket {
  send(frame: Uint8Array): void;
  /** More waits to leave than a reader that keeps up would let wait. */
  readonly isFull: boolean;
  /** Resolves when there is room again, or the socket is closed. */
  drained(): Promise<void>;
}
