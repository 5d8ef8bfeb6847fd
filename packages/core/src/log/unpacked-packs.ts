/**
 * Packs that were unpacked a moment ago: whoever reads a log place by place (a relay is refilled, a folder verified) asks for
 * the next record of the same few packs again and again.
 */
import type { DocumentId } from '../base/index.ts';
import type { PackedRecord } from './pack.ts';

/** Bytes of the records that are kept: a few packs, or many small ones. */
const MOST_BYTES = 4 * 1024 * 1024;

interface Unpacked {
  readonly records: readonly PackedRecord[];
  readonly bytes: number;
}

export class UnpackedPacks {
  /** By document the pack that was read last, the documents by when. */
  readonly #packs = new Map<DocumentId, Unpacked>();
  #bytes = 0;

  find(document: DocumentId, seq: number): PackedRecord | undefined {
    const records = this.#packs.get(document)?.records ?? [];
    // Places ascend.
    let [low, high] = [0, records.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((records[middle] as PackedRecord).seq < seq) low = middle + 1;
      else high = middle;
    }
    const found = records[low];
    return found?.seq === seq ? found : undefined;
  }

  add(document: DocumentId, records: readonly PackedRecord[]): void {
    this.drop(document);
    let bytes = 0;
    for (const { head, body } of records) bytes += head.byteLength + body.byteLength;
    this.#packs.set(document, { records, bytes });
    this.#bytes += bytes;
    for (const [oldest] of this.#packs) {
      if (this.#bytes <= MOST_BYTES || oldest === document) return;
      this.drop(oldest);
    }
  }

  drop(document: DocumentId): void {
    this.#bytes -= this.#packs.get(document)?.bytes ?? 0;
    this.#packs.delete(document);
  }
}
