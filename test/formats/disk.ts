/** A directory with everything in it, the mirror's own files too, as entries that can be written elsewhere. */
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskEntry } from './fixture.ts';

/** Who holds the directory: of a process that is gone. */
const LOCK = '.evermesh/lock';

export async function entriesBelow(root: string): Promise<DiskEntry[]> {
  const paths = (await readdir(root, { recursive: true })).sort();
  return Promise.all(paths.filter((path) => path !== LOCK).map((path) => entryAt(root, path)));
}

async function entryAt(root: string, path: string): Promise<DiskEntry> {
  const at = join(root, path);
  const stat = await lstat(at);
  if (stat.isDirectory()) return { path };
  if (stat.isSymbolicLink()) return { path, link: await readlink(at) };
  const bytes = (await readFile(at)).toString('base64');
  return { path, bytes, ...((stat.mode & 0o100) === 0 ? {} : { executable: true }) };
}

/** Parents come before what is in them, as `entriesBelow` has it. */
export async function writeEntries(root: string, entries: readonly DiskEntry[]): Promise<void> {
  for (const { path, link, bytes, executable } of entries) {
    const at = join(root, path);
    if (link !== undefined) await symlink(link, at);
    else if (bytes === undefined) await mkdir(at, { recursive: true });
    else {
      await writeFile(at, Buffer.from(bytes, 'base64'));
      if (executable === true) await chmod(at, 0o755);
    }
  }
}
