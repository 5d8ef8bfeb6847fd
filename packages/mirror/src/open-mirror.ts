/** Opens a directory as the mirror of a folder: proves that it is the right one. What a crash left is seen to by the first cycle. */
import {
  type Clock,
  type Folder,
  type FolderNodes,
  type Random,
  systemClock,
  systemRandom,
} from '@evermesh/core';
import { EvermeshError } from '@evermesh/core/errors';
import { Ancestor } from './ancestor.ts';
import type { CycleParts } from './cycle.ts';
import { Departed } from './departed.ts';
import { Disk } from './disk.ts';
import { codeOf, type FileStat, type FileSystem, isOfDisk } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { nodeWatcher } from './fs/node-watcher.ts';
import type { Watcher } from './fs/watcher.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { Intents } from './intents.ts';
import { lockDirectory } from './lock.ts';
import { checkMarker, type KeptState, readState, stateRow, writeMarker } from './marker.ts';
import { MassDeletionGuard } from './mass-deletion.ts';
import type { MirrorEvent } from './mirror-event.ts';
import { Mirror } from './mirror.ts';
import { SecondLook } from './second-look.ts';
import { StatusBoard } from './status.ts';
import { ToDo } from './to-do.ts';
import { Trash } from './trash.ts';

export interface MirrorOptions {
  readonly folder: Pick<Folder, 'id' | 'nodes' | 'blobs' | 'whenReady' | 'bodies'>;
  /** An absolute path; what it leads to through symbolic links is mirrored. */
  readonly directory: string;
  /** Make the directory if it is missing. Default: no. */
  readonly create?: boolean | undefined;
  /** Remove elsewhere what is gone here, however much it is, once. Default: no, the mirror halts. */
  readonly allowMassDeletion?: boolean | undefined;
  /**
   * Take a directory whose marker is gone as a new one: what it has is joined with the folder, what it lacks is written,
   * and nothing counts as deleted. Default: no, the mirror halts.
   */
  readonly joinAgain?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly fileSystem?: FileSystem | undefined;
  readonly watcher?: Watcher | undefined;
  readonly onEvent?: ((event: MirrorEvent) => void) | undefined;
}

/**
 * @throws MIRROR_ROOT_INVALID, MIRROR_LOCKED; MIRROR_HALTED if the directory is not the one that was mirrored; what the
 * folder's store throws
 */
export async function openMirror(options: MirrorOptions): Promise<Mirror> {
  try {
    return await open(options);
  } catch (error) {
    // Of the directory as a whole: what fails at one path is a problem.
    if (!isOfDisk(error)) throw error;
    throw invalid(options.directory, `It cannot be used: ${(error as Error).message}.`, error);
  }
}

async function open(options: MirrorOptions): Promise<Mirror> {
  const { folder } = options;
  // It would wait for ever for contents that nobody asks for, and never be in step.
  if (folder.bodies !== 'all')
    throw new TypeError('A mirror needs a folder of which all bodies are fetched.');
  const random = options.random ?? systemRandom;
  const known = await readState(folder.nodes);
  const disk = await openRoot(options, known);
  await checkMarker(disk, folder.id, options.joinAgain === true ? undefined : known);
  const unlock = await lockDirectory(disk, random);
  try {
    // Again, and now nobody else can change it.
    const marker = await checkMarker(disk, folder.id, options.joinAgain === true ? undefined : known);
    const joined =
      known !== undefined && marker === known.mirror ? undefined : await join(disk, folder, random, known);
    const kept: KeptState = joined ?? { ...(known as KeptState), clean: false };
    const recovering = joined === undefined && known?.clean === false;
    await folder.nodes.keep([stateRow(folder.nodes, kept)]);
    const cycle = await cycleParts(options, disk, random);
    // Of a mirror before it, nothing is believed.
    if (joined !== undefined)
      await cycle.departed.missed([], { isFull: true, isComplete: true, found: new Set() });
    return new Mirror({
      cycle,
      kept,
      recovering,
      unlock,
      watcher: options.watcher ?? nodeWatcher(),
      whenReady: () => folder.whenReady(),
    });
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function openRoot(
  { directory, create, joinAgain, fileSystem }: MirrorOptions,
  known: KeptState | undefined,
): Promise<Disk> {
  const fs = fileSystem ?? nodeFileSystem;
  if (!directory.startsWith('/') && !/^[A-Za-z]:[\\/]/.test(directory))
    throw new TypeError('The directory is an absolute path.');
  try {
    const missing = (await fs.lstat(directory)) === undefined;
    if (missing && known !== undefined && joinAgain !== true) {
      throw new EvermeshError(
        'MIRROR_HALTED',
        `${directory} was mirrored before and is gone: perhaps a disk is not mounted. Nothing counts as deleted.`,
        { details: { directory } },
      );
    }
    if (missing && create === true) await makeDirectories(fs, directory);
    const root = await fs.realpath(directory);
    const stat = (await fs.lstat(root)) as FileStat;
    if (stat.kind !== 'directory') throw invalid(directory, 'It is no directory.');
    return new Disk(fs, root, stat.device);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw invalid(directory, 'It does not exist.', error);
  }
}

async function makeDirectories(fs: FileSystem, directory: string): Promise<void> {
  const parent = directory.replace(/[\\/]+[^\\/]*[\\/]*$/, '');
  if (parent !== '' && parent !== directory && (await fs.lstat(parent)) === undefined)
    await makeDirectories(fs, parent);
  await fs.makeDirectory(directory);
}

/** Makes the directory a new mirror of the folder; of a mirror before it, nothing is believed. */
async function join(
  disk: Disk,
  { id, nodes }: { readonly id: Folder['id']; readonly nodes: FolderNodes },
  random: Random,
  known: KeptState | undefined,
): Promise<KeptState> {
  // The marker first: without its row in the store it is one of another mirror, and the directory joins again.
  const mirror = await writeMarker(disk, id, random);
  const state: KeptState = { mirror, importing: true, clean: false };
  const old = await Ancestor.load(nodes);
  const intents = new Intents(nodes);
  const left = await intents.left();
  await nodes.keep([
    ...old.rows([...old.all()].map((entry) => ({ id: entry.id, entry: undefined }))),
    ...left.map((intent) => intents.over(intent.id)),
    // Of a mirror in this store, not of one in the store that this one was made of.
    ...(known === undefined ? [] : old.before.over()),
    stateRow(nodes, state),
  ]);
  return state;
}

async function cycleParts(
  options: MirrorOptions,
  disk: Disk,
  random: Random,
): Promise<Omit<CycleParts, 'watch'>> {
  const { folder } = options;
  const clock = options.clock ?? systemClock;
  const tell = options.onEvent ?? ((): void => undefined);
  const ancestor = await Ancestor.load(folder.nodes);
  return {
    folder,
    disk,
    ancestor,
    rules: new IgnoreRules(),
    looks: new SecondLook(clock, ancestor),
    departed: await Departed.load(folder.nodes, ancestor, clock),
    guard: new MassDeletionGuard(clock, options.allowMassDeletion ?? false),
    trash: new Trash(disk, clock),
    board: new StatusBoard(tell),
    toDo: new ToDo(),
    random,
    clock,
    tell,
  };
}

const invalid = (directory: string, why: string, cause?: unknown): EvermeshError =>
  new EvermeshError('MIRROR_ROOT_INVALID', `${directory} cannot be mirrored. ${why}`, {
    details: { directory },
    cause,
  });
