/**
 * What devices may put before it is durable here: credit from one sum for the whole relay, so that however many devices write, and
 * however slow the disk is, what the relay holds is bounded by that sum and one PUT a device. While the disk keeps up little of it is out, and
 * each device has much; as more is held, each is given less, in the end one PUT at a time.
 */
import { GivenCredit } from '@evermesh/core/protocol';

/** The most that one channel is given: more helps nobody on a line that answers within a second. */
const MOST = 1024 * 1024;
/** The part of what is left that one channel is given. */
const SHARE = 8;
/** What each channel begins with, for which nothing is set aside: most devices never put anything. */
const FIRST = 64 * 1024;
const FIRST_SHARE = 1024;

export class PutCredits {
  readonly #total: number;
  #open = 0;

  /** @param total bytes */
  constructor(total: number) {
    this.#total = total;
  }

  /** What a channel begins with. */
  get first(): number {
    return clamp(this.#total / FIRST_SHARE, FIRST);
  }

  /** Bytes that were put and are not answered, or may come, on channels on which something was put. */
  get open(): number {
    return this.#open;
  }

  /** For one channel. */
  enter(): PutCredit {
    const share = (own: number): number => clamp((this.#total - this.#open + own) / SHARE, MOST);
    return new PutCredit(this.first, share, (bytes) => {
      this.#open += bytes;
    });
  }
}

export class PutCredit {
  readonly #given: GivenCredit;
  readonly #share: (own: number) => number;
  readonly #account: (bytes: number) => void;
  #accounted = 0;
  #isOver = false;

  constructor(first: number, share: (own: number) => number, account: (bytes: number) => void) {
    this.#given = new GivenCredit(first);
    this.#share = share;
    this.#account = account;
  }

  /**
   * A PUT came.
   * @throws MESSAGE_BEYOND_CREDIT
   */
  take(bytes: number): void {
    this.#given.take(bytes);
    this.#settle();
  }

  /** A PUT was answered. Returns what the device is to be told that it may put, if it is. */
  done(bytes: number): number | undefined {
    const credit = this.#given.done(bytes, this.#share(this.#accounted));
    this.#settle();
    return credit;
  }

  /** The channel ends. */
  leave(): void {
    this.#isOver = true;
    this.#settle();
  }

  #settle(): void {
    const open = this.#isOver ? 0 : this.#given.open;
    this.#account(open - this.#accounted);
    this.#accounted = open;
  }
}

/** Nobody is given nothing: one PUT is taken in any case. */
const clamp = (bytes: number, most: number): number => Math.max(1, Math.min(Math.floor(bytes), most));
