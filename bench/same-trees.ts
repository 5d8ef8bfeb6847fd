/** Proves, outside of the measured time, that two directories hold the same: a benchmark of wrong results is none. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Compares names and bytes of all files. `ignored` are names at the top that engines keep there for themselves. */
export async function assertSameTrees(
  left: string,
  right: string,
  { files, ignored }: { files: number; ignored: readonly string[] },
): Promise<void> {
  const [names, others] = await Promise.all([filesBelow(left, ignored), filesBelow(right, ignored)]);
  if (names.length !== files || others.length !== files) {
    throw new Error(
      `${files} files were expected: ${left} has ${names.length}, ${right} has ${others.length}.`,
    );
  }
  const alone = names.find((name, index) => name !== others[index]);
  if (alone !== undefined) throw new Error(`${alone} is not in both ${left} and ${right}.`);
  for (const name of names) {
    const [mine, other] = await Promise.all([readFile(join(left, name)), readFile(join(right, name))]);
    if (!mine.equals(other)) throw new Error(`${name} is not the same in ${left} and ${right}.`);
  }
}

async function filesBelow(root: string, ignored: readonly string[]): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !ignored.includes(path.split('/')[0]!))
    .toSorted();
}
