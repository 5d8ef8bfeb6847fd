/** Records that are committed whole or not at all: those of one group, which come together. */
import type { LogRecord } from '../protocol/index.ts';

/** Splits into atomic groups; a record without one stands alone. */
export function atomicGroups(records: readonly LogRecord[]): LogRecord[][] {
  const all: LogRecord[][] = [];
  for (const record of records) {
    const previous = all.at(-1)?.[0]?.header;
    const { author, group } = record.header;
    const together =
      group !== undefined && previous?.author === author && previous.group?.first === group.first;
    if (together) all.at(-1)?.push(record);
    else all.push([record]);
  }
  return all;
}
