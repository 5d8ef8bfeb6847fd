/**
 * What transactions changed in a document and nobody has recorded yet. Few of them are kept as the updates that Yjs makes of
 * them. Of many, a program that types in a loop for instance, only what they touched is noted, and one update is made of it
 * when it is asked for: merging many updates takes time by the square of their number, and so does nothing here.
 */
import { toUint8Array, createEncoder, writeUint8Array, writeVarUint } from 'lib0/encoding';
import * as Y from 'yjs';
import { endOfStructs } from './update-frame.ts';

/** Updates that are kept. */
const FEW = 32;

interface Range {
  readonly clock: number;
  readonly len: number;
}

export class UnrecordedEdits {
  readonly #doc: Y.Doc;
  readonly #counts: (transaction: Y.Transaction) => boolean;
  #transactions = 0;
  /** Of all transactions while they are few. */
  #updates: Uint8Array[] = [];
  /** Where what each client wrote begins. */
  #from = new Map<number, number>();
  #deleted = new Map<number, Range[]>();
  #length = 0;

  /** @param counts whether somebody made this transaction who wants it recorded */
  constructor(doc: Y.Doc, counts: (transaction: Y.Transaction) => boolean) {
    this.#doc = doc;
    this.#counts = counts;
    doc.on('afterTransaction', this.#note);
    doc.on('update', this.#keep);
  }

  /** Whether everything is recorded. */
  get isEmpty(): boolean {
    return this.#transactions === 0;
  }

  /** How much is not recorded: clocks, which are characters for a text, and deletions. */
  get length(): number {
    return this.#length;
  }

  /** All of it as one update in encoding V1, which is recorded from now on. */
  take(): Uint8Array {
    const isKept = this.#updates.length === this.#transactions;
    const update = isKept ? Y.mergeUpdates(this.#updates) : this.#encode();
    if (!isKept) this.#doc.on('update', this.#keep);
    this.#transactions = 0;
    this.#updates = [];
    this.#from = new Map();
    this.#deleted = new Map();
    this.#length = 0;
    return update;
  }

  stop(): void {
    this.#doc.off('afterTransaction', this.#note);
    this.#doc.off('update', this.#keep);
  }

  readonly #note = (transaction: Y.Transaction): void => {
    const { beforeState, afterState, deleteSet } = transaction;
    let structs = 0;
    for (const [client, clock] of afterState) {
      const before = beforeState.get(client) ?? 0;
      if (clock === before) continue;
      structs += clock - before;
      if (this.#counts(transaction) && !this.#from.has(client)) this.#from.set(client, before);
    }
    if (!this.#counts(transaction) || (structs === 0 && deleteSet.clients.size === 0)) return;
    this.#length += structs;
    this.#transactions += 1;
    for (const [client, ranges] of deleteSet.clients) {
      this.#length += ranges.length;
      const known = this.#deleted.get(client);
      if (known === undefined) this.#deleted.set(client, [...ranges]);
      else for (const range of ranges) known.push(range);
    }
    // Yjs makes no update of what nobody listens for.
    if (this.#transactions > FEW) this.#doc.off('update', this.#keep);
  };

  readonly #keep = (update: Uint8Array, _: unknown, __: Y.Doc, transaction: Y.Transaction): void => {
    if (this.#counts(transaction) && this.#updates.length < FEW) this.#updates.push(update);
  };

  /** The structs from where each client's begin, and the deletions that were noted: Yjs' own would be all there ever were. */
  #encode(): Uint8Array {
    const state = Y.decodeStateVector(Y.encodeStateVector(this.#doc));
    for (const [client, clock] of this.#from) state.set(client, clock);
    const update = Y.encodeStateAsUpdate(this.#doc, Y.encodeStateVector(state));
    const encoder = createEncoder();
    writeUint8Array(encoder, update.subarray(0, endOfStructs(update)));
    writeVarUint(encoder, this.#deleted.size);
    for (const [client, ranges] of this.#deleted) {
      const merged = mergedRanges(ranges);
      writeVarUint(encoder, client);
      writeVarUint(encoder, merged.length);
      for (const { clock, len } of merged) {
        writeVarUint(encoder, clock);
        writeVarUint(encoder, len);
      }
    }
    return toUint8Array(encoder);
  }
}

/** Ranges that touch as one. None of them overlap: what is deleted is not deleted again. */
function mergedRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.clock - b.clock)) {
    const last = merged.at(-1);
    if (last !== undefined && last.clock + last.len === range.clock)
      merged[merged.length - 1] = { clock: last.clock, len: last.len + range.len };
    else merged.push(range);
  }
  return merged;
}
