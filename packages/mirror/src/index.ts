/**
 * Keeps a directory on disk and an Evermesh folder in step, in both directions.
 *
 * @example
 * await using mirror = await openMirror({ folder, directory: '/home/me/notes' });
 * await mirror.settle(); // once
 * mirror.start(); // or until `close`
 */
export type {
  DiskKind,
  DirectoryListing,
  FileStat,
  FileSystem,
  FileStart,
  Pieces,
  ReadHandle,
  CreateOptions,
} from './fs/file-system.ts';
export { nodeFileSystem } from './fs/node-file-system.ts';
export { nodeWatcher } from './fs/node-watcher.ts';
export type { Watcher, WatcherEvents } from './fs/watcher.ts';
export { checkKeptRows } from './kept-rows.ts';
export { leaveDirectory } from './marker.ts';
export { Mirror } from './mirror.ts';
export type { MirrorEvent } from './mirror-event.ts';
export { takenName } from './names.ts';
export { type MirrorOptions, openMirror } from './open-mirror.ts';
export type { Problem, ProblemCode } from './problem.ts';
export { CARRIED_AREA } from './shown-before.ts';
export type { MirrorConflict, MirrorState, MirrorStatus } from './status.ts';
export type { MirrorSurvey } from './survey.ts';
export type { MirrorDifference } from './verify.ts';
