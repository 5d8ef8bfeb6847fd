/**
 * The records at all places of a log, in its order, for whoever checks them: some thousand places are looked at together, and what a
 * document has there is read in one go. Asking the store for each record by itself would take several times as long.
 */
import type { DocumentId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import {
  decodeStored,
  entriesOf,
  isPackKey,
  type LogReader,
  type OrderPlace,
  seqOfKey,
} from '../log/index.ts';
import type { RecordHeader } from '../protocol/index.ts';

export type Place = OrderPlace;

/** What a check needs of a record: none of its body, of which thousands would be in memory. */
export interface Found {
  readonly header: Pick<RecordHeader, 'kind' | 'author' | 'counter' | 'covers' | 'bodyDigest'>;
  /** As stored, before it was packed. */
  readonly bytes: number;
  /** It stands for this many records, which are gone. */
  readonly standsFor: number | undefined;
}

export interface RecordAtPlace {
  readonly place: Place;
  /** A text says what is damaged; `undefined`: nothing is there. */
  readonly found: Found | string | undefined;
}

/** Places that are looked at together: what is in memory of each is a few hundred bytes. */
const TOGETHER = 4096;

export async function* recordsAtPlaces(read: LogReader): AsyncGenerator<RecordAtPlace> {
  let places: Place[] = [];
  for await (const place of read.order(0)) {
    places.push(place);
    if (places.length < TOGETHER) continue;
    yield* lookUp(read, places);
    places = [];
  }
  yield* lookUp(read, places);
}

async function* lookUp(read: LogReader, places: readonly Place[]): AsyncGenerator<RecordAtPlace> {
  const wanted = new Map<DocumentId, Wanted>();
  for (const { document, seq } of places) {
    const known = wanted.get(document);
    if (known === undefined) wanted.set(document, { first: seq, last: seq });
    else known.last = seq;
  }
  const found = new Map<DocumentId, Records>();
  for (const [document, { first, last }] of wanted)
    found.set(
      document,
      first === last ? await readOne(read, document, first) : await readAll(read, document, first, last),
    );
  for (const place of places) yield { place, found: found.get(place.document)?.at(place.seq) };
}

/** The places of a document that are looked at: the first and the last of them. */
interface Wanted {
  readonly first: number;
  last: number;
}

/** Records of one document by place, and what of it is damaged. */
class Records {
  readonly #found = new Map<number, Found>();
  readonly #damages: { readonly first: number; readonly last: number; readonly what: string }[] = [];

  add(seq: number, header: RecordHeader, bytes: number, standsFor?: number): void {
    // A store that tore a batch has a record and the pack that has it as well.
    if (this.#found.has(seq)) return;
    const { kind, author, counter, covers, bodyDigest } = header;
    // A copy: as a view it would keep the record.
    this.#found.set(seq, {
      header: { kind, author, counter, covers, bodyDigest: bodyDigest.slice() },
      bytes,
      standsFor,
    });
  }

  damaged(first: number, last: number, what: string): void {
    this.#damages.push({ first, last, what });
  }

  at(seq: number): Found | string | undefined {
    return this.#found.get(seq) ?? this.#damages.find(({ first, last }) => first <= seq && seq <= last)?.what;
  }
}

async function readOne(read: LogReader, document: DocumentId, seq: number): Promise<Records> {
  const records = new Records();
  try {
    const stored = await read.record(document, seq);
    if (stored !== undefined)
      records.add(seq, stored.record.header, stored.bytes.byteLength, stored.standsFor);
  } catch (error) {
    records.damaged(seq, seq, damageIn(error));
  }
  return records;
}

async function readAll(read: LogReader, document: DocumentId, first: number, last: number): Promise<Records> {
  const records = new Records();
  let before = 0;
  for await (const [key, row] of read.standing(document, first - 1)) {
    const end = seqOfKey(key);
    try {
      for (const { seq, bytes, bodyDigest, standsFor } of entriesOf(key, row))
        records.add(seq, decodeStored(key, bytes, bodyDigest).header, bytes.byteLength, standsFor);
    } catch (error) {
      // Of a pack that is damaged nothing but its last place is known: it may have all behind the row before it.
      records.damaged(isPackKey(key) ? before + 1 : end, end, damageIn(error));
    }
    before = end;
    if (end >= last && records.at(last) !== undefined) break;
  }
  return records;
}

/** @throws what is no damage */
function damageIn(error: unknown): string {
  if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
  return error.message;
}
