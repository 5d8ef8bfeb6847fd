/**
 * The marker proves that a directory is the one that was mirrored. A disk that is not mounted shows an empty directory in
 * its place; taken for the real one, everything would count as deleted.
 */
import type { FolderId, FolderNodes, Random } from '@evermesh/core';
import { fromUtf8, toHex, utf8 } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { Disk, OWN_DIRECTORY, sameStat, TEMPORARY } from './disk.ts';
import type { FileStat, FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { keptJson } from './kept-json.ts';

const MARKER: string = `${OWN_DIRECTORY}/folder.json`;
const README: string = `${OWN_DIRECTORY}/README.txt`;
const AREA = 'mirror';
const ROW = 'state';
const ABOUT =
  'Evermesh keeps the directory above in step with a folder. It knows the directory by folder.json: leave it here.\n' +
  'What Evermesh removed because it was removed elsewhere is in trash/ for 30 days.\n';

/** What the store remembers of the mirror. */
export interface KeptState {
  readonly mirror: string;
  /** The first import has not ended: what is found may be on other devices as well. */
  readonly importing: boolean;
  /** The last run ended as it should. */
  readonly clean: boolean;
}

interface MarkerFile {
  readonly version: 1;
  readonly folder: string;
  readonly mirror: string;
}

export async function readState(nodes: FolderNodes): Promise<KeptState | undefined> {
  for await (const [key, value] of nodes.rows(AREA)) {
    if (key === ROW) return keptJson(key, value) as unknown as KeptState;
  }
  return undefined;
}

export const stateRow = (nodes: FolderNodes, state: KeptState): ReturnType<FolderNodes['row']> =>
  nodes.row(AREA, ROW, utf8(JSON.stringify(state)));

/**
 * Checks that a directory is the mirror that the store remembers.
 * @returns the id of its marker, or `undefined` if the directory has to join as new
 * @throws MIRROR_HALTED if it may be another directory than it seems
 */
export async function checkMarker(
  disk: Disk,
  folder: FolderId,
  known: KeptState | undefined,
): Promise<string | undefined> {
  const marker = await readMarker(disk);
  if (marker === undefined) {
    if (known === undefined) return undefined;
    throw new EvermeshError(
      'MIRROR_HALTED',
      `${disk.root} was mirrored before, and its marker is gone: perhaps a disk is not mounted, or it was emptied. ` +
        `Nothing was done. Bring back the directory with its ${OWN_DIRECTORY}, or let it join again, which deletes nothing.`,
      { details: { directory: disk.root } },
    );
  }
  if (marker.folder !== folder) {
    throw new EvermeshError(
      'MIRROR_HALTED',
      `${disk.root} mirrors another folder (${marker.folder}). Choose another directory, or remove ${MARKER} to end that mirror.`,
      { details: { directory: disk.root, folder: marker.folder } },
    );
  }
  // Of another mirror of this folder: it was copied here, with all its files.
  return known?.mirror === marker.mirror ? marker.mirror : undefined;
}

/**
 * Whether the marker of this mirror still is where it was: its stat, or `undefined`. One that was not touched since it was
 * read last is not read again, for this is asked before every look.
 */
export async function findMarker(
  disk: Disk,
  folder: FolderId,
  mirror: string,
  known: FileStat | undefined,
): Promise<FileStat | undefined> {
  const stat = await disk.lstat(MARKER);
  if (stat === undefined || (known !== undefined && sameStat(stat, known))) return stat;
  const marker = await readMarker(disk);
  return marker?.folder === folder && marker.mirror === mirror ? stat : undefined;
}

/** Makes a directory the mirror of a folder. Returns the new mirror's id. */
export async function writeMarker(disk: Disk, folder: FolderId, random: Random): Promise<string> {
  const mirror = toHex(random.bytes(16));
  await disk.ensureDirectory(TEMPORARY);
  const marker: MarkerFile = { version: 1, folder, mirror };
  await replaceFile(disk, MARKER, `${JSON.stringify(marker)}\n`, `${TEMPORARY}/${mirror}`);
  if ((await disk.lstat(README)) === undefined)
    await replaceFile(disk, README, ABOUT, `${TEMPORARY}/${mirror}`);
  await disk.fs.syncDirectory(disk.at(OWN_DIRECTORY));
  await disk.fs.syncDirectory(disk.root);
  return mirror;
}

/**
 * Ends the mirror of a folder in a directory, which may join another then. Its files stay as they are; a marker of
 * another folder stays, too.
 * @param directory an absolute path without symbolic links in it
 */
export async function leaveDirectory(
  directory: string,
  folder: FolderId,
  fs: FileSystem = nodeFileSystem,
): Promise<void> {
  const stat = await fs.lstat(directory);
  if (stat?.kind !== 'directory') return;
  const disk = new Disk(fs, directory, stat.device);
  if ((await readMarker(disk))?.folder === folder) await fs.unlink(disk.at(MARKER));
}

async function replaceFile(disk: Disk, path: string, text: string, temporary: string): Promise<void> {
  await disk.fs.createFile(disk.at(temporary), [utf8(text)], { executable: false });
  await disk.fs.rename(disk.at(temporary), disk.at(path));
}

async function readMarker(disk: Disk): Promise<MarkerFile | undefined> {
  const stat = await disk.lstat(MARKER);
  if (stat?.kind !== 'file' || stat.size > 4096) return undefined;
  const text = await readText(disk, MARKER);
  try {
    const read = JSON.parse(text) as Partial<MarkerFile> | null;
    if (typeof read?.folder !== 'string' || typeof read.mirror !== 'string') return undefined;
    return { version: 1, folder: read.folder, mirror: read.mirror };
  } catch {
    // Not ours, or damaged: it proves nothing.
    return undefined;
  }
}

/** One that cannot be read is not another: that fails, and is tried again. */
async function readText(disk: Disk, path: string): Promise<string> {
  const handle = await disk.fs.openToRead(disk.at(path));
  try {
    let text = '';
    for await (const piece of handle.pieces()) text += fromUtf8(piece) ?? '';
    return text;
  } finally {
    await handle.close();
  }
}
