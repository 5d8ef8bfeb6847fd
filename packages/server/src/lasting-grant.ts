/**
 * What one channel was granted, for as long as that holds. It is asked for again when it ends, when the authorizer says that
 * answers have changed, and from time to time, for an authorizer that does not say so. Nothing is done for the device while
 * the answer is awaited, so a token that was revoked opens nothing more.
 */
import type { Clock, FolderId, Timer } from '@evermesh/core/base';
import { EvermeshError, isEvermeshError } from '@evermesh/core/errors';
import type { Grant } from '@evermesh/core/protocol';
import { type Access, type Authorizer, checkedGrant } from './authorizer.ts';

/** Milliseconds after which it is asked for again in any case. */
const ASK_AGAIN = 5 * 60_000;
/** Milliseconds after which a device that was granted something else opens the channel again. */
const SOON = 1000;

export interface LastingGrantOptions {
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly token: string;
  readonly folder: FolderId;
  /** It does not hold any more: AUTH_DENIED, AUTH_EXPIRED, AUTH_UNAVAILABLE, or what else the authorizer threw. */
  readonly lost: (error: unknown) => void;
}

export class LastingGrant {
  readonly #options: LastingGrantOptions;
  readonly #stopListening: () => void;
  #access: Access | undefined;
  #asking: Promise<void> | undefined;
  /** The answer that is awaited may be older than what was said since. */
  #isStale = false;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(options: LastingGrantOptions) {
    this.#options = options;
    this.#stopListening = options.authorizer.changed?.add(() => this.#again()) ?? ((): void => {});
  }

  /** Asks for the first time. @throws AUTH_REQUIRED, AUTH_DENIED, AUTH_EXPIRED, AUTH_UNAVAILABLE */
  async ask(): Promise<Grant> {
    let access: Access;
    try {
      access = await this.#answer();
    } catch (error) {
      if (this.#isStale && !this.#isOver) return this.ask();
      throw error;
    }
    this.#hold(access);
    // It was said while the answer was on its last steps to here.
    if (this.#isStale) this.#again();
    return access.grant;
  }

  /**
   * Whether it holds: `undefined` if it does, else a promise that resolves when that is known. Whoever waits finds out by `lost`
   * that it does not.
   */
  get settling(): Promise<void> | undefined {
    const { until } = this.#access ?? {};
    if (until !== undefined && this.#options.clock.now() >= until) this.#again();
    return this.#asking;
  }

  stop(): void {
    this.#isOver = true;
    this.#stopListening();
    this.#timer?.cancel();
  }

  async #answer(): Promise<Access> {
    const { authorizer, clock, token, folder } = this.#options;
    let access: Access | undefined;
    while (access === undefined) {
      this.#isStale = false;
      try {
        const answer = await checkedGrant(authorizer, token, folder, 'read');
        if (!this.#isStale) access = answer;
      } catch (error) {
        // What refuses may be as old as what grants.
        if (!this.#isStale) throw error;
      }
    }
    // An authorizer that grants what has ended already would be asked for ever.
    if (access.until !== undefined && access.until <= clock.now())
      throw new EvermeshError('AUTH_EXPIRED', 'The token has expired.', { details: { folder } });
    return access;
  }

  #hold(access: Access): void {
    this.#access = access;
    if (this.#isOver) return;
    const { clock } = this.#options;
    const left = access.until === undefined ? ASK_AGAIN : Math.max(0, access.until - clock.now());
    this.#timer = clock.after(Math.min(left, ASK_AGAIN), () => this.#again());
  }

  #again(): void {
    this.#isStale = true;
    if (this.#isOver || this.#access === undefined || this.#asking !== undefined) return;
    this.#timer?.cancel();
    this.#asking = this.#renew(this.#access);
  }

  async #renew(before: Access): Promise<void> {
    try {
      const access = await this.#answer();
      if (this.#isOver) return;
      if (access.grant !== before.grant)
        throw new EvermeshError('AUTH_DENIED', 'What the token grants of this folder has changed.', {
          details: { retryAfter: SOON },
        });
      this.#hold(access);
    } catch (error) {
      // It was said on the last steps that answers have changed: this one is of before.
      if (!this.#isOver && !this.#isStale) this.#onTrouble(error, before);
    } finally {
      this.#asking = undefined;
      if (this.#isStale) this.#again();
    }
  }

  /** What ends by itself holds until then while nobody can tell. */
  #onTrouble(error: unknown, before: Access): void {
    const { clock, lost } = this.#options;
    const isUnknown = isEvermeshError(error, 'AUTH_UNAVAILABLE');
    if (isUnknown && before.until !== undefined && before.until > clock.now()) this.#hold(before);
    else lost(error);
  }
}
