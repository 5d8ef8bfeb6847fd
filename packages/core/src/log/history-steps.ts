/** Steps of a document of the records that are here, and of what is kept of those that are gone. */
import type { AuthorId } from '../base/index.ts';
import type { LogRecord } from '../protocol/index.ts';
import { type HistoryStep, stepOf } from './history-step.ts';
import { historyTo, stepsOfHistory } from './kept-history.ts';

export async function* historySteps(
  records: AsyncIterable<{ readonly record: LogRecord }>,
  rowOfHistory: () => Promise<Uint8Array | undefined>,
): AsyncGenerator<HistoryStep> {
  const heads = new Map<AuthorId, number>();
  let isFirst = true;
  for await (const { record } of records) {
    const step = stepOf(record, heads);
    // What stands for records has a history only where it is all that there was.
    const kept =
      isFirst && record.header.kind === 'snapshot' ? historyTo(await rowOfHistory(), step.brings) : undefined;
    if (kept === undefined) yield step;
    else yield* stepsOfHistory(kept, record.body);
    isFirst = false;
  }
}
