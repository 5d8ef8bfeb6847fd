/** One mirror at a time works on a directory: two would take each other's work for a person's. */
import type { Random } from '@evermesh/core';
import { fromUtf8, toHex, utf8 } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { type Disk, OWN_DIRECTORY, TEMPORARY } from './disk.ts';
import { codeOf, isOfDisk } from './fs/file-system.ts';
import { NO_LINKS } from './take-place.ts';

const LOCK: string = `${OWN_DIRECTORY}/lock`;
/** Tokens of the locks that this process holds. */
const held = new Set<string>();

/**
 * Takes the lock of a directory; a lock whose process is gone is void.
 * @returns what gives it back
 * @throws MIRROR_LOCKED
 */
export async function lockDirectory(disk: Disk, random: Random): Promise<() => Promise<void>> {
  await disk.ensureDirectory(TEMPORARY);
  const token = toHex(random.bytes(8));
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await tryToLock(disk, token)) return () => unlock(disk, token);
    const holder = await readLock(disk);
    const [identity, holderToken] = parse(holder);
    const processId = numberOf(identity);
    // A container starts its process with the same number each time: what this one did not take is of one before.
    const isOwnNumber = processId === numberOf(disk.fs.processIdentity);
    const isHeld = isOwnNumber ? held.has(holderToken) : disk.fs.isRunning(identity);
    if (isHeld) {
      throw new EvermeshError(
        'MIRROR_LOCKED',
        `Process ${processId} keeps this directory in step. Stop it first. If it is no Evermesh, remove ${LOCK}.`,
        { details: { directory: disk.root, processId } },
      );
    }
    // Moved away rather than removed: somebody else may have taken it in this moment.
    const away = `${TEMPORARY}/${toHex(random.bytes(8))}`;
    await disk.fs.rename(disk.at(LOCK), disk.at(away)).catch(ignoreMissing);
    const moved = await readLock(disk, away);
    if (moved !== undefined && moved !== holder)
      await disk.fs.link(disk.at(away), disk.at(LOCK)).catch(() => undefined);
    await disk.fs.unlink(disk.at(away)).catch(ignoreMissing);
  }
  throw new EvermeshError('MIRROR_LOCKED', 'Others take and leave this directory at this moment. Try again.');
}

async function tryToLock(disk: Disk, token: string): Promise<boolean> {
  const temporary = `${TEMPORARY}/lock-${token}`;
  const content = utf8(`${disk.fs.processIdentity} ${token}\n`);
  await disk.fs.createFile(disk.at(temporary), [content], { executable: false });
  try {
    // With what it says at once: an empty lock would look like one that nobody holds.
    await disk.fs.link(disk.at(temporary), disk.at(LOCK));
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(codeOf(error))) return false;
    if (!NO_LINKS.includes(codeOf(error))) throw error;
    if ((await disk.lstat(LOCK)) !== undefined) return false;
    await disk.fs.rename(disk.at(temporary), disk.at(LOCK));
  } finally {
    await disk.fs.unlink(disk.at(temporary)).catch(ignoreMissing);
  }
  held.add(token);
  return true;
}

function parse(lock = ''): [identity: string, token: string] {
  const [identity = '', token = ''] = lock.trim().split(' ');
  return [identity, token];
}

const numberOf = (identity: string): number => Number.parseInt(identity, 10);

/** On a disk that fails it stays: void for this process at once, for others when this one has ended. */
async function unlock(disk: Disk, token: string): Promise<void> {
  held.delete(token);
  try {
    if ((await readLock(disk))?.includes(token) === true) await disk.fs.unlink(disk.at(LOCK));
  } catch (error) {
    if (!isOfDisk(error)) throw error;
  }
}

async function readLock(disk: Disk, path: string = LOCK): Promise<string | undefined> {
  if ((await disk.lstat(path))?.kind !== 'file') return undefined;
  const handle = await disk.fs.openToRead(disk.at(path));
  try {
    let text = '';
    for await (const piece of handle.pieces()) text += fromUtf8(piece) ?? '';
    return text;
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}
