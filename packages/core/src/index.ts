/**
 * Evermesh: devices that share folders, offline first.
 *
 * A *replica* is one device's local state in one store. It has *folders*; each is a tree of files that every device of
 * the folder holds, and each file is a Yjs document of its own. A *link* keeps a replica in step with a relay.
 *
 * @example
 * const replica = await openReplica({ store: levelStore('./data') });
 * const notes = await replica.createFolder({ name: 'notes' });
 * await notes.writeFile('todo/today.md', '- water the plants\n');
 * await replica.flush();
 */
export type {
  AuthorId,
  BlobName,
  Clock,
  DeviceId,
  DocumentId,
  FolderId,
  Logger,
  NodeId,
  Random,
  RunId,
  Timer,
} from './base/index.ts';
export { isFolderId, Listeners, silentLogger, systemClock, systemRandom } from './base/index.ts';
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  EvermeshError,
  isErrorCode,
  isEvermeshError,
} from './errors/index.ts';
export type {
  AppDocuments,
  ApplyOptions,
  ApplyResult,
  BodyPolicy,
  Conflict,
  CopyOptions,
  DiffOptions,
  FileDiff,
  Entry,
  FetchOptions,
  FileVersion,
  Finding,
  MissingPart,
  FolderChange,
  FolderDevices,
  FolderNodes,
  NodeContent,
  NodeOperation,
  OpenDocument,
  OpenFile,
  PastChange,
  PastOptions,
  RestoreOptions,
  Stat,
  TrashEntry,
  VersionName,
  VersionsOptions,
} from './folder/index.ts';
export { Folder } from './folder/index.ts';
export type { BlobStore, HistoryPolicy, Store, StoreOperation, StoreRange } from './log/index.ts';
export {
  contentDigest,
  type DiffHunk,
  type DiffLine,
  digestOfBlob,
  type FileContent,
  type NodeKind,
  ROOT,
  type ShownNode,
  textOf,
} from './model/index.ts';
export type { Heads } from './protocol/index.ts';
export {
  type DamagedStore,
  type Device,
  type FolderEntry,
  type GonePlace,
  openReplica,
  Replica,
  type ReplicaOptions,
  type Rebuilt,
  type RebuildOptions,
  rebuildStore,
  type SurvivingBlobs,
  survivingBlobs,
  type SurvivingBlobsOptions,
  type StoreSurvey,
  type SurveyOptions,
  surveyStore,
  type WholeRecord,
} from './replica/index.ts';
export {
  type Connection,
  type ConnectionEvents,
  Link,
  type LinkedFolder,
  type LinkStatus,
  type Pending,
  type RemoteBlobs,
  type Transport,
} from './sync/index.ts';
