/** What clients type, and how it is seen to arrive: at its pace, or as fast as it goes. */
import { setTimeout as passed } from 'node:timers/promises';
import * as Y from 'yjs';
import { typedUpdates } from '../log/typed-updates.ts';
import type { SeededRandom } from '../random.ts';
import type { RelayClient, Typed } from './client.ts';

/** Milliseconds within which what was typed last has to be there, once nothing else is on its way. */
const PATIENCE_MS = 60_000;

/** Keystrokes of one author: the same of each document. */
export const keystrokes = (count: number): Typed[] =>
  typedUpdates(count).map((update, i) => ({ update, text: 'x', through: i + 1 }));

/** A text that was put there at once, pieces of which no update is longer. */
export function pasted(length: number, piece = length): Typed[] {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const all: Typed[] = [];
  let text = '';
  doc.on('update', (update: Uint8Array) => all.push({ update, text, through: doc.getText('text').length }));
  for (let at = 0; at < length; at += piece) {
    text = 'All that somebody wrote. '.repeat(Math.ceil(piece / 25)).slice(0, Math.min(piece, length - at));
    doc.getText('text').insert(at, text);
  }
  return all;
}

/** How far each of some clients has come with each document. */
export class Arrivals {
  #came = new Map<string, number>();
  #waiting: { isDone: () => boolean; resolve: () => void } | undefined;

  /** For the options of the client with this number. */
  of(client: number): (document: number, through: number) => void {
    return (document, through) => {
      const name = `${client} ${document}`;
      if ((this.#came.get(name) ?? 0) < through) this.#came.set(name, through);
      if (this.#waiting?.isDone() === true) this.#waiting.resolve();
    };
  }

  at(client: number, document: number): number {
    return this.#came.get(`${client} ${document}`) ?? 0;
  }

  /** Resolves when this holds; it is asked whenever something came. */
  async until(isDone: () => boolean): Promise<void> {
    if (isDone()) return;
    const late = new AbortController();
    const done = new Promise<void>((resolve) => (this.#waiting = { isDone, resolve }));
    const failed = passed(PATIENCE_MS, undefined, { signal: late.signal }).then(
      () => {
        throw new Error(`Something typed did not arrive within ${PATIENCE_MS / 1000} seconds.`);
      },
      () => undefined,
    );
    await Promise.race([done, failed]);
    late.abort();
    this.#waiting = undefined;
  }
}

/** Types into one of the documents after the other, drawn at random, so many times a second. Returns how often. */
export async function typeAtPace(
  clients: { readonly of: (document: number) => RelayClient; readonly typed: (document: number) => void },
  plan: {
    readonly documents: number;
    readonly perSecond: number;
    readonly seconds: number;
    readonly next: (document: number) => Typed;
    readonly random: SeededRandom;
  },
): Promise<number> {
  const start = performance.now();
  const all = Math.floor(plan.perSecond * plan.seconds);
  for (let sent = 0; sent < all;) {
    const due = Math.min(all, Math.floor(((performance.now() - start) / 1000) * plan.perSecond));
    for (; sent < due; sent++) {
      const document = plan.random.below(plan.documents);
      clients.typed(document);
      clients.of(document).type(document, plan.next(document));
    }
    if (sent < all) await passed(1);
  }
  return all;
}
