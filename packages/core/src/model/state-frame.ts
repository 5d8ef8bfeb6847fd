/**
 * The frame of a Yjs update in encoding V2, checked without building anything: what `update-frame.ts` is for V1. Here counts are
 * run-length coded, so a few bytes can claim any number of structs, and names, numbers and texts each lie in a column of their own:
 * Yjs' own columns are read, and nothing is kept.
 */
import { createDecoder, readVarUint } from 'lib0/decoding';
import { UpdateDecoderV2 } from 'yjs';
import { GC, HAS_KEY, HAS_ORIGIN, HAS_RIGHT_ORIGIN, KIND, NAMED_TYPES, SKIP, TYPES } from './struct-info.ts';

/**
 * @param mostStructs more are not read
 * @returns whether Yjs can take it in, and it has no more structs than that
 */
export function isSoundState(update: Uint8Array, mostStructs: number): boolean {
  try {
    const decoder = new UpdateDecoderV2(createDecoder(update));
    const { restDecoder: rest } = decoder;
    let left = mostStructs;
    for (let clients = readVarUint(rest); clients > 0; clients--) {
      const structs = readVarUint(rest);
      left -= structs;
      if (left < 0) return false;
      const client = natural(decoder.readClient());
      let clock = readVarUint(rest);
      for (let i = 0; i < structs; i++) clock = natural(clock + skipStruct(decoder, client, clock));
    }
    skipDeletions(decoder);
    return true;
  } catch {
    return false;
  }
}

/** @returns the struct's length */
function skipStruct(decoder: UpdateDecoderV2, client: number, clock: number): number {
  const info = decoder.readInfo();
  const kind = info & KIND;
  if (info === SKIP) return positive(readVarUint(decoder.restDecoder));
  if (kind === GC) return positive(decoder.readLen());
  if ((info & HAS_ORIGIN) !== 0) checkReference(decoder.readLeftID(), client, clock);
  if ((info & HAS_RIGHT_ORIGIN) !== 0) checkReference(decoder.readRightID(), client, clock);
  if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) {
    if (decoder.readParentInfo()) decoder.readString();
    else checkReference(decoder.readLeftID(), client, clock);
    if ((info & HAS_KEY) !== 0) decoder.readString();
  }
  return positive((CONTENT[kind] ?? fail)(decoder));
}

/** A struct that names one of its own client must name an earlier one. */
function checkReference(
  other: { readonly client: number; readonly clock: number },
  client: number,
  clock: number,
): void {
  natural(other.client);
  natural(other.clock);
  if (other.client === client && other.clock >= clock) fail();
}

const CONTENT: Readonly<Record<number, (decoder: UpdateDecoderV2) => number>> = {
  1: (decoder) => decoder.readLen(),
  2: (decoder) => repeat(decoder, () => JSON.parse(checkedJson(decoder.readString())) as unknown),
  3: (decoder) => one(decoder.readBuf()),
  4: (decoder) => decoder.readString().length,
  5: (decoder) => one(decoder.readJSON()),
  6: (decoder) => one(decoder.readKey(), decoder.readJSON()),
  7: (decoder) => {
    const type = decoder.readTypeRef();
    if (!(type >= 0 && type < TYPES)) fail();
    return one(NAMED_TYPES.has(type) ? decoder.readKey() : undefined);
  },
  8: (decoder) => repeat(decoder, () => decoder.readAny() as unknown),
  9: (decoder) => one(decoder.readString(), decoder.readAny()),
};

/** Yjs writes what JSON has no word for as this. */
const checkedJson = (text: string): string => (text === 'undefined' ? 'null' : text);

/** Each of them takes a byte at least, or is no JSON: a count that is too great ends with the bytes. */
function repeat(decoder: UpdateDecoderV2, skip: () => unknown): number {
  const count = decoder.readLen();
  for (let left = natural(count); left > 0; left--) skip();
  return count;
}

function skipDeletions(decoder: UpdateDecoderV2): void {
  const { restDecoder: rest } = decoder;
  for (let clients = readVarUint(rest); clients > 0; clients--) {
    decoder.resetDsCurVal();
    readVarUint(rest);
    for (let left = readVarUint(rest); left > 0; left--) {
      const clock = natural(decoder.readDsClock());
      natural(clock + positive(decoder.readDsLen()));
    }
  }
}

const one = (..._skipped: unknown[]): number => 1;

const natural = (number: number): number => (Number.isSafeInteger(number) && number >= 0 ? number : fail());

const positive = (length: number): number => (natural(length) > 0 ? length : fail());

function fail(): never {
  throw new RangeError('not a state');
}
