/**
 * What lies below a directory, as values that can be compared: every file byte for byte, whether it can be run, where
 * links point, and empty directories. The mirror's own directory is left out.
 */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

const OWN_DIRECTORY = '.evermesh';
/** Contents that are shown in full when a comparison fails. */
const SHORT = 200;

/** By path, in order of paths. */
export type Tree = Readonly<Record<string, string>>;

export async function readTree(root: string): Promise<Tree> {
  const names = (await readdir(root, { recursive: true })).sort();
  const tree: Record<string, string> = {};
  for (const name of names) {
    if (name !== OWN_DIRECTORY && !name.startsWith(`${OWN_DIRECTORY}/`))
      tree[name] = await describe(join(root, name));
  }
  return tree;
}

/** The paths of a tree that are files. */
export const filesOf = (tree: Tree): string[] =>
  Object.keys(tree).filter((path) => tree[path]!.startsWith('file'));

async function describe(path: string): Promise<string> {
  const stat = await lstat(path);
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return `link to ${await readlink(path)}`;
  if (!stat.isFile()) return 'something else';
  const kind = (stat.mode & 0o100) === 0 ? 'file' : 'file, can be run';
  const bytes = await readFile(path);
  const digest = createHash('sha256').update(bytes).digest('hex');
  return bytes.length <= SHORT
    ? `${kind}: ${JSON.stringify(bytes.toString('latin1'))}`
    : `${kind}: ${digest}`;
}
