/** What LevelDB was about when it was killed, as the journal says that it keeps beside its tables. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether it was writing a table: of what it had gathered, or of other tables. */
export async function wasWritingTable(directory: string): Promise<boolean> {
  const journal = await readFile(join(directory, 'LOG'), 'utf8').catch(() => '');
  const count = (what: RegExp): number => journal.match(what)?.length ?? 0;
  return (
    count(/Level-0 table #\d+: started/g) > count(/Level-0 table #\d+: \d+ bytes/g) ||
    count(/Compacting \d+@/g) > count(/Compacted \d+@/g)
  );
}
