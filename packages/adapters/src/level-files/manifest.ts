/** Which tables and logs a LevelDB database consists of: what its manifest says, one edit after the other. */
import { BytesReader } from './bytes-reader.ts';

export interface LiveFiles {
  /** The size in bytes of each table, by its number. */
  readonly tables: ReadonlyMap<number, number>;
  /** Logs from this number on hold rows that no table has yet. */
  readonly firstLog: number;
  /** The number of the last write that was known when it was written. */
  readonly lastSequence: number;
}

/** The fields of an edit, by the number in front of each. */
const FIELD = {
  comparator: 1,
  log: 2,
  nextFile: 3,
  lastSequence: 4,
  compactionPlace: 5,
  removed: 6,
  added: 7,
  previousLog: 9,
} as const;

/** @throws RangeError if an edit does not follow the format */
export function liveFiles(edits: Iterable<Uint8Array>): LiveFiles {
  const tables = new Map<number, number>();
  let firstLog = 0;
  let lastSequence = 0;
  for (const edit of edits) {
    const reader = new BytesReader(edit);
    while (reader.left > 0) {
      switch (reader.varint()) {
        case FIELD.comparator:
          reader.prefixed();
          break;
        case FIELD.log:
          firstLog = reader.varint();
          break;
        case FIELD.nextFile:
        case FIELD.previousLog:
          reader.varint();
          break;
        case FIELD.lastSequence:
          lastSequence = reader.varint();
          break;
        case FIELD.compactionPlace:
          reader.varint();
          reader.prefixed();
          break;
        case FIELD.removed:
          reader.varint();
          tables.delete(reader.varint());
          break;
        case FIELD.added:
          addTable(reader, tables);
          break;
        default:
          throw new RangeError('A field is unknown.');
      }
    }
  }
  return { tables, firstLog, lastSequence };
}

function addTable(reader: BytesReader, tables: Map<number, number>): void {
  reader.varint();
  tables.set(reader.varint(), reader.varint());
  // The least and the greatest key in it.
  reader.prefixed();
  reader.prefixed();
}
