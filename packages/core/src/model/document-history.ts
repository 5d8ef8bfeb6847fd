/** Makes few steps of many: through one document that takes everything, and one that is brought to the same state step by step. */
import * as Y from 'yjs';
import type { BlobName } from '../base/index.ts';
import type { BodyHistory, HistoryUpdate } from '../log/index.ts';
import { applyBody, encodeBody, newDocument } from './body-codec.ts';
import { applySnapshotBody } from './document-state.ts';
import { ContentsInUse } from './file/contents-in-use.ts';

export class DocumentHistory implements BodyHistory {
  readonly #inUse = new ContentsInUse();
  /** It has forgotten what was deleted. */
  readonly #now: Y.Doc = newDocument('', 0, true);
  readonly #told: Y.Doc = newDocument('', 0, true);

  /** One transaction: ending one for each body would cost more than applying it. */
  add(updates: readonly HistoryUpdate[]): void {
    this.#now.transact(() => {
      for (const { kind, body } of updates)
        if (kind === 'snapshot') applySnapshotBody(this.#now, body, undefined);
        else applyBody(this.#now, body, undefined);
    });
  }

  get contents(): ReadonlySet<BlobName> {
    return this.#inUse.names;
  }

  look(): void {
    this.#inUse.look(this.#now);
  }

  /** Of a transaction Yjs tells what is new in it: the deletions before it, of which there may be many, are not told again. */
  step(): Uint8Array {
    const news = Y.encodeStateAsUpdate(this.#now, Y.encodeStateVector(this.#told));
    let update: Uint8Array = NOTHING;
    const note = (told: Uint8Array): void => {
      update = told;
    };
    this.#told.on('update', note);
    Y.applyUpdate(this.#told, news);
    this.#told.off('update', note);
    return encodeBody(update);
  }
}

/** An update without structs and without deletions. */
const NOTHING = Uint8Array.of(0, 0);
