/**
 * One WebSocket as the relay uses it: frames out with back-pressure, frames in no faster than they are worked on. Both
 * bounds together are why a peer that reads slowly, or not at all, never grows the relay's memory: it is not read from
 * either while what it asked for waits to leave.
 */
import { SerialQueue } from '@evermesh/core/base';
import type { RawSocket } from './raw-socket.ts';
import type { RelayMeter } from './relay-meter.ts';

/** Bytes that may wait to leave before the reader counts as slow, and at which it no longer does. */
const FULL_BYTES = 1024 * 1024;
const ROOM_BYTES = FULL_BYTES / 2;
/** Frames, and bytes of frames, that may be in work at one time. */
const WORK_FRAMES = 256;
const WORK_BYTES = 4 * 1024 * 1024;

export class FrameSocket {
  readonly #socket: RawSocket;
  readonly #meter: RelayMeter | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #turns: SerialQueue = new SerialQueue();
  #workFrames = 0;
  #workBytes = 0;
  /** Reasons not to read for a while. */
  #resting = 0;
  /** Something happened that shows the peer is there. */
  #alive: () => void;

  constructor(socket: RawSocket, alive: () => void, meter?: RelayMeter) {
    this.#socket = socket;
    this.#meter = meter;
    this.#alive = alive;
    socket.on('close', () => this.#letGo());
  }

  send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#meter?.frame('out', frame.byteLength);
    this.#socket.send(frame, () => this.#onSent());
    this.#regulate();
  }

  /** Bytes that were given to `send` and have not left. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** More waits to leave than a reader that keeps up would let wait. */
  get isFull(): boolean {
    return this.waitingBytes > FULL_BYTES;
  }

  /** Resolves when there is room again, or the socket is closed. */
  drained(): Promise<void> {
    if (!this.isFull || this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** One at a time: whoever is told that there is room would otherwise be told so together with everybody who waits for it. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.run(async () => {
      await this.drained();
      return work();
    });
  }

  /** Whether the peer is kept waiting: its silence then says nothing about it. */
  get isWorking(): boolean {
    return this.#workFrames > 0 || this.#resting > 0;
  }

  /** Nothing is read until `over`, which does not reject. What came in already is handed on. */
  async rest(over: Promise<void>): Promise<void> {
    this.#resting += 1;
    this.#regulate();
    await over;
    this.#resting -= 1;
    this.#regulate();
  }

  /** Counts a frame as in work until `work` has ended. */
  async work(bytes: number, work: Promise<void>): Promise<void> {
    this.#workFrames += 1;
    this.#workBytes += bytes;
    this.#regulate();
    try {
      await work;
    } finally {
      this.#workFrames -= 1;
      this.#workBytes -= bytes;
      this.#regulate();
    }
  }

  /** Sends a last frame and begins to close. Whatever the peer sends meanwhile is for nobody. */
  end(frame: Uint8Array, status: number): void {
    this.send(frame);
    this.#socket.close(status);
    // The peer's side of closing has to be read.
    this.#socket.resume();
  }

  /** Closes without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  #onSent(): void {
    if (this.#waiting.length > 0 || this.#socket.isPaused) this.#alive();
    if (this.#socket.bufferedAmount > ROOM_BYTES) return;
    this.#letGo();
    this.#regulate();
  }

  #letGo(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #regulate(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const isWorking = this.#workFrames > WORK_FRAMES || this.#workBytes > WORK_BYTES;
    if (this.isFull || isWorking || this.#resting > 0) this.#socket.pause();
    else if (this.#socket.isPaused) this.#socket.resume();
  }
}
