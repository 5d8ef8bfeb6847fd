/**
 * Reads the token file again when the relay refuses the token: whoever gives relay and devices another one writes the
 * file, and need not start `up` again.
 */
import type { Clock, ErrorCode, Link, Timer } from '@evermesh/core';
import type { LinkWatch } from './link-watch.ts';

/** Milliseconds between two looks at the file, while the relay refuses what it held. */
const BETWEEN = 10_000;

/** Another token may help. */
const REFUSED: ReadonlySet<ErrorCode> = new Set(['AUTH_DENIED', 'AUTH_EXPIRED']);

export interface TokenRenewalParts {
  readonly clock: Clock;
  readonly link: LinkWatch;
  /** What the link was opened with. */
  readonly token: string;
  /** Rejects while the file holds no token. */
  readonly read: () => Promise<string>;
  readonly connect: (token: string) => Link;
}

export class TokenRenewal implements Disposable {
  readonly #parts: TokenRenewalParts;
  readonly #stop: () => void;
  #token: string;
  #isReading = false;
  #isOver = false;
  #timer: Timer | undefined;

  constructor(parts: TokenRenewalParts) {
    this.#parts = parts;
    this.#token = parts.token;
    this.#stop = parts.link.changed.add(() => this.#look());
    this.#look();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#stop();
    this.#timer?.cancel();
  }

  #look(): void {
    const { failure } = this.#parts.link;
    const isRefused = failure !== undefined && REFUSED.has(failure.code);
    if (isRefused && !this.#isReading && this.#timer === undefined) void this.#read();
  }

  async #read(): Promise<void> {
    const { clock, link, read, connect } = this.#parts;
    this.#isReading = true;
    // A file that is being replaced is read the next time.
    const token = await read().catch(() => this.#token);
    this.#isReading = false;
    if (this.#isOver) return;
    if (token !== this.#token) {
      this.#token = token;
      return link.replace(connect(token));
    }
    this.#timer = clock.after(BETWEEN, () => {
      this.#timer = undefined;
      this.#look();
    });
  }
}
