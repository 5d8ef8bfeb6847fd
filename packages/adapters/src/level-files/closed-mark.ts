/**
 * What a database was when it was closed in good order: the size of each of its files. A file that was cut short afterwards would
 * pass for one that a power cut tore, and what it lost for something that was never kept.
 */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HOLDS_ROWS } from './file-names.ts';

const MARK = 'CLOSED';

/** The size in bytes of each file, by its name. */
export type ClosedFiles = Readonly<Record<string, number>>;

export async function markClosed(directory: string): Promise<void> {
  const files: Record<string, number> = {};
  for (const name of await readdir(directory))
    if (HOLDS_ROWS.test(name)) files[name] = (await stat(join(directory, name))).size;
  await writeFile(join(directory, MARK), JSON.stringify(files));
}

/** What the mark says; nothing if there is none, or if the database was opened since by somebody who knows no mark. */
export async function closedFiles(directory: string): Promise<ClosedFiles | undefined> {
  try {
    const files: unknown = JSON.parse(await readFile(join(directory, MARK), 'utf8'));
    const current = (await readFile(join(directory, 'CURRENT'), 'latin1')).trim();
    // Each opening begins a manifest of its own.
    return isFiles(files) && current in files ? files : undefined;
  } catch {
    // It only makes a search stricter.
    return undefined;
  }
}

export const removeMark = (directory: string): Promise<void> => rm(join(directory, MARK), { force: true });

const isFiles = (files: unknown): files is ClosedFiles =>
  typeof files === 'object' &&
  files !== null &&
  Object.values(files).every((size) => typeof size === 'number');
