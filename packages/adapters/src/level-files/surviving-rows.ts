/**
 * The rows that a damaged database still has: those of every block and every batch whose checksum holds. LevelDB has a repair of its
 * own; it changes the directory that it is given, compares no checksums, and moves away whole tables.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BytesReader } from './bytes-reader.ts';
import type { FoundFiles } from './database.ts';
import { readLog } from './log-file.ts';
import { readTable, rowsOf } from './table-file.ts';

interface Written {
  readonly key: string;
  /** Of two writes to one key the one with the larger number is newer. */
  readonly sequence: bigint;
  /** Absent: the row was deleted. */
  readonly value: Uint8Array | undefined;
}

/** In no order. Every file is read twice, so that only keys are in memory. */
export async function* survivingRows(
  directory: string,
  files: Pick<FoundFiles, 'tables' | 'logs'>,
): AsyncGenerator<[string, Uint8Array]> {
  const newest = new Map<string, bigint>();
  for await (const { key, sequence } of writes(directory, files))
    if ((newest.get(key) ?? -1n) < sequence) newest.set(key, sequence);
  for await (const { key, sequence, value } of writes(directory, files)) {
    if (value === undefined || newest.get(key) !== sequence) continue;
    // The same write may be in a log and in the table that was made of it.
    newest.delete(key);
    yield [key, value];
  }
}

async function* writes(
  directory: string,
  { tables, logs }: Pick<FoundFiles, 'tables' | 'logs'>,
): AsyncGenerator<Written> {
  for (const file of [...tables, ...logs]) {
    const bytes = await readFile(join(directory, file)).catch(() => new Uint8Array(0));
    for (const part of file.includes('.log') ? batchesIn(bytes) : blocksIn(bytes)) yield* readable(part);
  }
}

/** What does not follow the format although its checksum holds ends this part, and no other. */
function* readable(part: Iterable<Written>): Generator<Written> {
  try {
    yield* part;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

function* blocksIn(table: Uint8Array): Generator<Iterable<Written>> {
  for (const item of readTable(table)) if (item.type === 'block') yield writesInBlock(item.bytes);
}

function* writesInBlock(block: Uint8Array): Generator<Written> {
  for (const [internal, value] of rowsOf(block)) {
    // Behind the key: one byte for the kind of the write, seven for its number.
    const end = internal.byteLength - 8;
    const tail = new BytesReader(internal, end).uint64();
    const key = textOf(internal.subarray(0, end));
    yield { key, sequence: tail >> 8n, value: (tail & 255n) === 0n ? undefined : value };
  }
}

function* batchesIn(log: Uint8Array): Generator<Iterable<Written>> {
  for (const item of readLog(log)) if (item.type === 'entry') yield writesInBatch(item.bytes);
}

function* writesInBatch(batch: Uint8Array): Generator<Written> {
  const reader = new BytesReader(batch);
  const first = reader.uint64();
  const count = reader.uint32();
  for (let i = 0; i < count; i++) {
    const isDeletion = reader.byte() === 0;
    const key = textOf(reader.prefixed());
    yield { key, sequence: first + BigInt(i), value: isDeletion ? undefined : reader.prefixed() };
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
