/**
 * A table of LevelDB: sorted rows in blocks, and at its end where they lie. Each block is guarded by a checksum, which LevelDB
 * itself does not look at when it reads.
 */
import { BytesReader } from './bytes-reader.ts';
import { isGuardedBy } from './crc32c.ts';
import { unpack } from './snappy.ts';

const FOOTER = 48;
/** Behind each block: how it is packed, and the checksum. */
const TRAILER = 5;
const MAGIC = 0xdb4775248b80fb57n;
const SNAPPY = 1;

interface Place {
  readonly at: number;
  readonly size: number;
}

/** A block that cannot be read: where it begins in the file. */
export interface BlockDamage {
  readonly at: number;
}

export type TableItem =
  | { readonly type: 'block'; readonly bytes: Uint8Array }
  | ({ readonly type: 'damage' } & BlockDamage);

/** Every block of rows, unpacked; and every block, of rows or not, that is damaged. */
export function* readTable(table: Uint8Array): Generator<TableItem> {
  const footer = footerOf(table);
  if (footer === undefined) {
    yield { type: 'damage', at: Math.max(0, table.byteLength - FOOTER) };
    return;
  }
  yield* aboutRows(table, footer.aboutRows);
  const index = blockAt(table, footer.index);
  const places = index && attempt(() => placesIn(index));
  if (places === undefined) {
    yield { type: 'damage', at: footer.index.at };
    return;
  }
  for (const place of places) {
    const bytes = blockAt(table, place);
    yield bytes === undefined ? { type: 'damage', at: place.at } : { type: 'block', bytes };
  }
}

/** What is kept to find rows faster: a damaged filter would hide rows that are there. */
function* aboutRows(table: Uint8Array, place: Place): Generator<TableItem> {
  const block = blockAt(table, place);
  const places = block && attempt(() => placesIn(block));
  if (places === undefined) {
    yield { type: 'damage', at: place.at };
    return;
  }
  for (const one of places) if (blockAt(table, one) === undefined) yield { type: 'damage', at: one.at };
}

/** The rows of a block: keys begin as the one before. @throws RangeError */
export function* rowsOf(block: Uint8Array): Generator<[Uint8Array, Uint8Array]> {
  const restarts = new BytesReader(block, block.byteLength - 4).uint32();
  const end = block.byteLength - 4 - 4 * restarts;
  if (end < 0) throw new RangeError('The block has no end.');
  const reader = new BytesReader(block.subarray(0, end));
  let key = new Uint8Array(0);
  while (reader.left > 0) {
    const shared = reader.varint();
    const own = reader.varint();
    const size = reader.varint();
    if (shared > key.byteLength) throw new RangeError('A key goes on from one that is too short.');
    const next = new Uint8Array(shared + own);
    next.set(key.subarray(0, shared));
    next.set(reader.raw(own), shared);
    key = next;
    yield [key, reader.raw(size)];
  }
}

function footerOf(table: Uint8Array): { aboutRows: Place; index: Place } | undefined {
  if (table.byteLength < FOOTER) return undefined;
  const footer = table.subarray(table.byteLength - FOOTER);
  if (new BytesReader(footer, FOOTER - 8).uint64() !== MAGIC) return undefined;
  const reader = new BytesReader(footer);
  return attempt(() => ({ aboutRows: placeFrom(reader), index: placeFrom(reader) }));
}

const placeFrom = (reader: BytesReader): Place => ({ at: reader.varint(), size: reader.varint() });

const placesIn = (block: Uint8Array): Place[] =>
  [...rowsOf(block)].map(([, place]) => placeFrom(new BytesReader(place)));

function blockAt(table: Uint8Array, { at, size }: Place): Uint8Array | undefined {
  const end = at + size;
  if (end + TRAILER > table.byteLength) return undefined;
  const stored = new BytesReader(table, end + 1).uint32();
  if (!isGuardedBy(table.subarray(at, end + 1), stored)) return undefined;
  const bytes = table.subarray(at, end);
  return table[end] === SNAPPY ? attempt(() => unpack(bytes)) : bytes;
}

/** What does not follow the format is damaged, whatever its checksum says. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
