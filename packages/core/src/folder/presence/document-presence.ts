/**
 * Who is where in one open document: y-protocols' `Awareness`, which bindings of editors know, with its time taken from the clock
 * of the replica. Its own timer is ended at once.
 *
 * What comes from peers is lossy, belongs to nobody, and anybody who may read the folder can claim any of it: it is bounded, and
 * decides nothing.
 */
import { createDecoder, readVarString, readVarUint } from 'lib0/decoding';
import {
  applyAwarenessUpdate,
  Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { Clock, Timer } from '../../base/index.ts';

/** Changes within this time, in milliseconds, are told together: a cursor that is dragged is one message for many. */
const TOGETHER = 40;
/** Half of the time after which others take somebody for gone, as in y-protocols: 30 seconds. */
const RENEW = 15_000;
const GONE = 30_000;
/** How long after the last message about somebody it is known which was his last: an older one, repeated, does not bring him back. */
const REMEMBERED = 600_000;
/** How often it is looked at who is gone. */
const LOOK = 5_000;
/** Clients in one document. More than a screen shows, and nobody can fill memory with them. */
const MOST_CLIENTS = 1_000;
/** Bytes of one message: what a relay takes. */
const MOST_BYTES = 65_536;

/** Who a message came from, for listeners of the awareness. */
export const PEER: unique symbol = Symbol('a peer');

/** Somebody else, as far as he was heard. */
interface Heard {
  /** Of what he said last: a later message has a higher one. */
  readonly number: number;
  /** When he said that. */
  readonly at: number;
  /** When anything came about him, were it the same again. */
  repeated: number;
}

type Update = Readonly<Record<'added' | 'updated' | 'removed', readonly number[]>>;

export class DocumentPresence {
  readonly awareness: Awareness;
  readonly #clock: Clock;
  readonly #tell: (state: Uint8Array) => void;
  /** Those who left are remembered for a while. */
  readonly #heard = new Map<number, Heard>();
  #toldAt = 0;
  #telling: Timer | undefined;
  #looking: Timer | undefined;

  constructor(doc: Y.Doc, clock: Clock, tell: (state: Uint8Array) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.awareness = new Awareness(doc);
    clearInterval(this.awareness._checkInterval as Parameters<typeof clearInterval>[0]);
    // Opened again in one run a document has the same client: what it says now must not be older than what it said then.
    this.awareness.meta.set(this.#own, { clock: clock.now(), lastUpdated: 0 });
    this.awareness.on('update', this.#updated);
    this.#tellSoon();
    this.#lookLater();
  }

  get #own(): number {
    return this.awareness.clientID;
  }

  /** What a peer has to know of who is here. */
  state(): Uint8Array {
    return encodeAwarenessUpdate(this.awareness, [this.#own]);
  }

  /** @returns whether it could be read, and there was room for it; nothing of it is taken otherwise */
  heard(state: Uint8Array): boolean {
    const said = saidIn(state);
    const clients = [...(said?.keys() ?? [])];
    // Of this program nobody else has anything to say.
    if (said === undefined || said.has(this.#own)) return false;
    if (!this.#hasRoomFor(clients.filter((client) => !this.#heard.has(client)).length)) return false;
    const now = this.#clock.now();
    for (const [client, number] of said) {
      const known = this.#heard.get(client);
      if (known === undefined || number > known.number)
        this.#heard.set(client, { number, at: now, repeated: now });
      else known.repeated = now;
    }
    const { states } = this.awareness;
    const absent = clients.filter((client) => !states.has(client));
    applyAwarenessUpdate(this.awareness, state, PEER);
    // Whoever comes knows nobody.
    if (absent.some((client) => states.has(client))) this.#tellSoon();
    return true;
  }

  /** Says good-bye. */
  close(): void {
    if (this.#looking === undefined) return;
    this.#looking.cancel();
    this.#looking = undefined;
    this.#telling?.cancel();
    this.awareness.off('update', this.#updated);
    this.awareness.destroy();
    this.#tell(this.state());
  }

  readonly #updated = (_: Update, origin: unknown): void => {
    if (origin === 'local') this.#tellSoon();
  };

  /** Those who left give room to those who come. */
  #hasRoomFor(count: number): boolean {
    let left = MOST_CLIENTS - this.#heard.size;
    for (const client of this.#heard.keys()) {
      if (left >= count) break;
      if (this.awareness.states.has(client)) continue;
      this.#forget(client);
      left += 1;
    }
    return left >= count;
  }

  #forget(client: number): void {
    this.#heard.delete(client);
    this.awareness.meta.delete(client);
  }

  #tellSoon(): void {
    this.#telling ??= this.#clock.after(TOGETHER, () => {
      this.#telling = undefined;
      this.#toldAt = this.#clock.now();
      this.#tell(this.state());
    });
  }

  #lookLater(): void {
    this.#looking = this.#clock.after(LOOK, () => {
      this.#look(this.#clock.now());
      this.#lookLater();
    });
  }

  #look(now: number): void {
    const gone = [...this.#heard].filter(([, { at }]) => now - at >= GONE).map(([client]) => client);
    removeAwarenessStates(this.awareness, gone, 'timeout');
    for (const [client, { repeated }] of this.#heard) if (now - repeated >= REMEMBERED) this.#forget(client);
    const { awareness } = this;
    const own = awareness.getLocalState();
    // The same state with the next number: only that shows others that it is not an old one.
    if (own !== null && now - this.#toldAt >= RENEW) awareness.setLocalState(own);
  }
}

/** Whom a message speaks of, and by which number, if it can be read to its end. */
function saidIn(state: Uint8Array): Map<number, number> | undefined {
  if (state.byteLength > MOST_BYTES) return undefined;
  try {
    const decoder = createDecoder(state);
    const clients = new Map<number, number>();
    for (let left = readVarUint(decoder); left > 0; left--) {
      clients.set(readVarUint(decoder), readVarUint(decoder));
      const said: unknown = JSON.parse(readVarString(decoder));
      if (typeof said !== 'object' || Array.isArray(said)) return undefined;
    }
    return clients;
  } catch {
    return undefined;
  }
}
