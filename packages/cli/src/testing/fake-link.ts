/** A link of one folder, and a clock, that do what a test says. */
import {
  type Clock,
  EvermeshError,
  type FolderId,
  type Link,
  type LinkedFolder,
  Listeners,
  type LinkStatus,
  type Timer,
} from '@evermesh/core';

export const FOLDER = '0123456789abcdef0123456789abcdef' as FolderId;

export class FakeLink {
  readonly onStatus: Listeners<LinkStatus> = new Listeners();
  readonly address = 'ws://r/';
  error: EvermeshError | undefined;
  #status: LinkStatus = 'connecting';
  #folder: LinkedFolder = {
    id: FOLDER,
    state: 'waiting',
    error: undefined,
    isSynced: false,
    isStalled: false,
    owedDocuments: 0,
    wantedBlobs: 0,
    withheld: [],
    withheldFor: undefined,
    leftDocuments: 0,
    leftBlobs: 0,
  };

  get asLink(): Link {
    return this as unknown as Link;
  }

  status(): LinkStatus {
    return this.#status;
  }

  folders(): LinkedFolder[] {
    return [this.#folder];
  }

  close(): Promise<void> {
    this.#status = 'closed';
    this.onStatus.emit(this.#status);
    return Promise.resolve();
  }

  /** The relay answers, and the folder is so. */
  set(folder: Partial<LinkedFolder>): void {
    this.#status = 'connected';
    this.error = undefined;
    this.#folder = { ...this.#folder, error: undefined, ...folder };
    this.onStatus.emit(this.#status);
  }

  away(error: EvermeshError = new EvermeshError('LINK_UNREACHABLE', 'Nobody answers.')): void {
    this.#status = 'waiting';
    this.error = error;
    this.#folder = { ...this.#folder, state: 'waiting', error: undefined, isSynced: false };
    this.onStatus.emit(this.#status);
  }
}

export class ManualClock implements Clock {
  /** Resolves when something waits for time to pass. */
  readonly armed: Promise<void>;
  #arm!: () => void;
  #now = 0;
  readonly #timers = new Map<Timer, { at: number; run: () => void }>();

  constructor() {
    this.armed = new Promise((resolve) => {
      this.#arm = resolve;
    });
  }

  get waiting(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): Timer {
    const timer: Timer = { cancel: () => void this.#timers.delete(timer) };
    this.#timers.set(timer, { at: this.#now + milliseconds, run });
    this.#arm();
    return timer;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const [timer, { at, run }] of this.#timers) {
      if (at > this.#now) continue;
      this.#timers.delete(timer);
      run();
    }
  }
}
