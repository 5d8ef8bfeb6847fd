/** A socket as the relay needs it: what `ws` has, and nothing that would tie a session to a real network. */
export interface RawSocket {
  readonly readyState: number;
  /** The `readyState` of a socket on which frames go to and fro. */
  readonly OPEN: number;
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedAmount: number;
  readonly isPaused: boolean;
  /** @param sent called when the frame has left */
  send(frame: Uint8Array, sent: () => void): void;
  /** Says goodbye with a status of WebSocket, and waits for the peer to. */
  close(status: number): void;
  /** Ends without a word. */
  terminate(): void;
  /** Takes nothing from the network until `resume`. */
  pause(): void;
  resume(): void;
  on(event: 'close', listener: () => void): unknown;
}
