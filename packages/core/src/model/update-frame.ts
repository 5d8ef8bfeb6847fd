/**
 * The frame of a Yjs update in encoding V1, checked without building anything.
 *
 * `Y.applyUpdate` reads all structs before it takes any in, but deletions only afterwards. It trusts that structs and
 * deletions have a length, and that a struct builds on earlier ones of its own client. An update that breaks off or lies
 * there would leave the document damaged. Whether texts and JSON inside are well-formed is left to Yjs, which finds out
 * in time. Decoding everything twice would cost four times as much as this.
 */
import { createDecoder, type Decoder, readVarInt, readVarUint } from 'lib0/decoding';
import { GC, HAS_KEY, HAS_ORIGIN, HAS_RIGHT_ORIGIN, KIND, NAMED_TYPES, SKIP, TYPES } from './struct-info.ts';

export function isSoundUpdate(update: Uint8Array): boolean {
  try {
    const decoder = createDecoder(update);
    skipStructs(decoder);
    skipDeletions(decoder);
    return decoder.pos <= update.byteLength;
  } catch {
    // It ends early, or nests deeper than this program can follow, and then so does Yjs.
    return false;
  }
}

/** Where the deletions begin in an update that is sound. */
export function endOfStructs(update: Uint8Array): number {
  const decoder = createDecoder(update);
  skipStructs(decoder);
  return decoder.pos;
}

function skipStructs(decoder: Decoder): void {
  for (let clients = readVarUint(decoder); clients > 0; clients--) {
    const structs = readVarUint(decoder);
    const client = readVarUint(decoder);
    let clock = readVarUint(decoder);
    for (let left = structs; left > 0; left--) clock += skipStruct(decoder, client, clock);
    if (!Number.isSafeInteger(clock)) fail();
  }
}

/** @returns the struct's length */
function skipStruct(decoder: Decoder, client: number, clock: number): number {
  const info = readByte(decoder);
  const kind = info & KIND;
  if (kind === GC) return positive(readVarUint(decoder));
  if (kind === SKIP) return info === SKIP ? positive(readVarUint(decoder)) : fail();
  if ((info & HAS_ORIGIN) !== 0) skipReference(decoder, client, clock);
  if ((info & HAS_RIGHT_ORIGIN) !== 0) skipReference(decoder, client, clock);
  if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) {
    if (readVarUint(decoder) === 1) skipBytes(decoder);
    else skipReference(decoder, client, clock);
    if ((info & HAS_KEY) !== 0) skipBytes(decoder);
  }
  return positive(skipContent(decoder, kind));
}

/** A struct that names one of its own client must name an earlier one. */
function skipReference(decoder: Decoder, client: number, clock: number): void {
  const isOwn = readVarUint(decoder) === client;
  if (readVarUint(decoder) >= clock && isOwn) fail();
}

const CONTENT: Readonly<Record<number, (decoder: Decoder) => number>> = {
  1: readVarUint,
  2: (decoder) => repeat(decoder, skipBytes),
  3: (decoder) => one(skipBytes(decoder)),
  4: skipText,
  5: (decoder) => one(skipBytes(decoder)),
  6: (decoder) => one(skipBytes(decoder), skipBytes(decoder)),
  7: skipType,
  8: (decoder) => repeat(decoder, skipAny),
  9: (decoder) => one(skipBytes(decoder), skipAny(decoder)),
};

function skipContent(decoder: Decoder, kind: number): number {
  return (CONTENT[kind] ?? fail)(decoder);
}

function skipType(decoder: Decoder): number {
  const type = readVarUint(decoder);
  if (type >= TYPES) fail();
  if (NAMED_TYPES.has(type)) skipBytes(decoder);
  return 1;
}

/** @returns how many UTF-16 units these bytes of UTF-8 are, which is how Yjs counts characters */
function skipText(decoder: Decoder): number {
  const start = decoder.pos;
  const length = skipBytes(decoder);
  const end = decoder.pos;
  if (end > decoder.arr.byteLength || end < start) fail();
  let units = 0;
  for (let at = end - length; at < end; at++) {
    const byte = decoder.arr[at] as number;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

/** lib0 reads a byte beyond the end as `undefined`, and a damaged count would then never end. */
function readByte(decoder: Decoder): number {
  const byte = decoder.arr[decoder.pos];
  decoder.pos += 1;
  return byte ?? fail();
}

/** A value of lib0's `any` encoding. */
function skipAny(decoder: Decoder): void {
  const type = readByte(decoder);
  if (type === 125) readVarInt(decoder);
  else if (type === 124) decoder.pos += 4;
  else if (type === 123 || type === 122) decoder.pos += 8;
  else if (type === 119 || type === 116) skipBytes(decoder);
  else if (type === 118) repeat(decoder, skipEntry);
  else if (type === 117) repeat(decoder, skipAny);
  else if (type < 116 || type > 127) fail();
}

function skipEntry(decoder: Decoder): void {
  skipBytes(decoder);
  skipAny(decoder);
}

/** @returns how many bytes there were, their length aside */
function skipBytes(decoder: Decoder): number {
  const length = readVarUint(decoder);
  decoder.pos += length;
  return length;
}

function skipDeletions(decoder: Decoder): void {
  repeat(decoder, () => {
    readVarUint(decoder);
    repeat(decoder, () => {
      if (!Number.isSafeInteger(readVarUint(decoder) + positive(readVarUint(decoder)))) fail();
    });
  });
}

function repeat(decoder: Decoder, skip: (decoder: Decoder) => unknown): number {
  const count = readVarUint(decoder);
  for (let left = count; left > 0; left--) skip(decoder);
  return count;
}

const one = (..._skipped: unknown[]): number => 1;

const positive = (length: number): number => (length > 0 ? length : fail());

function fail(): never {
  throw new RangeError('not an update');
}
