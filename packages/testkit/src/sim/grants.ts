/**
 * What devices may do with the folder at the relays, as their operator has it: an authorizer of the product's own kind. It is asked by
 * whichever program runs there, and outlives it.
 */
import { Listeners } from '@evermesh/core/base';
import type { Grant } from '@evermesh/core/protocol';
import type { Authorizer } from '@evermesh/server/sessions';
import type { SimProcess } from './sim-process.ts';

interface Granted {
  readonly grant: Grant;
  /** Milliseconds since the world began: since then it may not write, or not read. */
  readonly noWriteSince: number | undefined;
  readonly noReadSince: number | undefined;
}

const EVERYTHING: Granted = { grant: 'write', noWriteSince: undefined, noReadSince: undefined };

export class Grants {
  readonly #granted = new Map<string, Granted>();
  readonly #changed: Listeners<void> = new Listeners();

  /** @param device by name, which is its token */
  of(device: string): Granted {
    return this.#granted.get(device) ?? EVERYTHING;
  }

  /** @param now milliseconds since the world began */
  grant(device: string, grant: Grant, now: number): void {
    const { noWriteSince = now, noReadSince = now } = this.of(device);
    this.#granted.set(device, {
      grant,
      noWriteSince: grant === 'write' ? undefined : noWriteSince,
      noReadSince: grant === 'none' ? noReadSince : undefined,
    });
    this.#changed.emit();
  }

  /** As a program asks that runs at a relay: an answer takes its time. */
  askedBy(process: SimProcess): Authorizer {
    const changed = new Listeners<void>();
    process.onDeath(this.#changed.add(() => changed.emit()));
    const authorize = (device: string): Promise<Grant> =>
      process.call('asks what is granted to', device, () => this.of(device).grant);
    return { authorize, changed };
  }
}
