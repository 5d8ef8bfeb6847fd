/** A folder: files and directories that live on every device, used like a file system and merged without conflicts. */
import { AsyncQueue, type FolderId, utf8 } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { BlobStore } from '../log/index.ts';
import { NAME_RULES, NAME_RULES_FACT } from '../model/index.ts';
import { AppDocuments } from './app-documents.ts';
import { type Conflict, conflictsIn } from './conflicts.ts';
import type { CopyOptions } from './copy.ts';
import { type FolderChange, describeStep } from './folder-changes.ts';
import { FolderDevices } from './folder-devices.ts';
import { StateNodes } from './folder-nodes.ts';
import type { BodyPolicy } from './bodies.ts';
import type { FetchOptions } from './fetch-contents.ts';
import type { FolderState, ViewStep } from './folder-state.ts';
import type { OpenFile } from './live-documents.ts';
import type { FolderNodes } from './nodes.ts';
import type { DiffOptions, FileDiff } from './history/file-diff.ts';
import type { FileVersion, VersionName } from './history/file-version.ts';
import { FolderHistory, type RestoreOptions } from './history/folder-history.ts';
import type { PastChange } from './history/past-change.ts';
import type { PastOptions } from './history/past-changes.ts';
import type { TrashEntry } from './history/trash.ts';
import type { VersionsOptions } from './history/versions.ts';
import { type MissingPart, missingParts } from './missing-parts.ts';
import { PathCalls } from './path-calls.ts';
import { type Entry, PathOperations, type Stat } from './path-operations.ts';
import { decodeText } from './paths.ts';
import { type Finding, verifyFolder } from './verify-folder.ts';
import { whenReady } from './when-ready.ts';

/** Changes a reader of `changes()` may fall behind before it is ended. */
const CHANGES_LIMIT = 100_000;

export class Folder {
  readonly id: FolderId;
  /** By identity: for projections such as the mirror. */
  readonly nodes: FolderNodes;
  /** Data of applications that is no file. */
  readonly documents: AppDocuments;
  /** How the devices of the folder are called. */
  readonly devices: FolderDevices;
  readonly #state: FolderState;
  readonly #calls: PathCalls;
  readonly #paths: PathOperations;
  readonly #history: FolderHistory;

  /** Folders are opened by their replica. */
  constructor(state: FolderState) {
    this.id = state.options.id;
    this.#state = state;
    this.nodes = new StateNodes(state);
    this.documents = new AppDocuments(state);
    this.devices = new FolderDevices(state);
    this.#calls = new PathCalls(state);
    this.#paths = new PathOperations(state, this.nodes, this.#calls);
    this.#history = new FolderHistory(state, this.#calls);
  }

  /** The name people see, from the folder itself; empty until the tree has arrived. */
  get name(): string {
    return this.#state.tree.metadata('name') ?? '';
  }

  /** Whether names that differ in case only are two names: chosen when the folder was made. */
  get caseSensitive(): boolean {
    return this.#state.tree.metadata(NAME_RULES_FACT) === String(NAME_RULES.caseSensitive);
  }

  /**
   * Where the replica keeps contents that are not text. One that nothing names within a day of its last use goes again (sooner, where
   * every version is kept for less; never, where `history` is `everything`).
   */
  get blobs(): BlobStore {
    return this.#state.options.contents;
  }

  /**
   * @throws PATH_NOT_FOUND, PATH_IS_DIRECTORY, CONTENT_NOT_HERE; with `'utf8'` PATH_INVALID if it is no text; BLOB_DAMAGED
   *   if the disk changed what is kept, which is fetched again then: CONTENT_NOT_HERE until it came. Where `bodies` are not `all`, it is
   *   fetched first, as `fetch` does; if that fails, what is here is read
   */
  readFile(path: string): Promise<Uint8Array>;
  readFile(path: string, encoding: 'utf8'): Promise<string>;
  async readFile(path: string, encoding?: 'utf8'): Promise<Uint8Array | string> {
    const bytes = await this.#paths.read(path);
    return encoding === undefined ? bytes : decodeText(path, bytes);
  }

  /**
   * Writes a whole file and makes the directories that are missing on the way. What differs from the present content is
   * written as edits, so concurrent writers of a text merge. Durable after `flush`.
   * @throws PATH_INVALID, PATH_IS_DIRECTORY, PATH_NOT_DIRECTORY, FOLDER_NOT_READY; CONTENT_NOT_HERE for a file of which
   * nothing has arrived but its name
   */
  writeFile(path: string, data: string | Uint8Array): Promise<void> {
    return this.#paths.write(path, typeof data === 'string' ? utf8(data) : data);
  }

  /**
   * The same, in pieces: a file of any size takes the memory of a few megabytes, a text that of its text. Each piece of a content in chunks
   * was seen to be what it should be; whether one that is stored as a whole is, turns out at its end.
   * @throws PATH_NOT_FOUND, PATH_IS_DIRECTORY, CONTENT_NOT_HERE at the first piece; BLOB_DAMAGED as `readFile`, at the place where it is
   */
  readStream(path: string): AsyncIterable<Uint8Array> {
    return this.#paths.readPieces(path);
  }

  /**
   * `writeFile` of what comes in pieces: of more than 4 MiB, which is no text, no more is in memory than that and a pack of chunks.
   * The file is written when the last piece has come; if `pieces` fails, it is not.
   * @throws as `writeFile`, and what `pieces` does
   */
  writeStream(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#paths.writePieces(path, pieces);
  }

  /**
   * Opens a text to type into, as an editor does: its `doc` is a live Yjs document. What is typed becomes part of the file by
   * itself, merges with what others type or save, and is durable after `flush`. Whoever opens the same file gets the same
   * document. Close it in the end.
   * @throws PATH_NOT_FOUND, PATH_IS_DIRECTORY; PATH_INVALID if it is no text; CONTENT_NOT_HERE, FOLDER_NOT_READY
   */
  openDocument(path: string): Promise<OpenFile> {
    return this.#paths.open(path);
  }

  /** @throws PATH_EXISTS, PATH_NOT_FOUND, PATH_NOT_DIRECTORY; with `recursive` an existing directory is no error */
  mkdir(path: string, options: { recursive?: boolean } = {}): Promise<void> {
    return this.#paths.makeDirectory(path, options.recursive ?? false);
  }

  /** Moves or renames. A file replaces a file at `to`, a directory an empty directory. @throws as `rename(2)`, PATH_* */
  rename(from: string, to: string): Promise<void> {
    return this.#paths.move(from, to);
  }

  /**
   * Copies a file, a symbolic link, or with `recursive` a directory into a directory that may be there already, as `fs.cp` does, and
   * makes the directories that are missing on the way. The copies are new nodes; contents that are not text are shared, a text gets a
   * history of its own. Of contents in conflict the shown one is copied. It is one atomic operation, of at most 1,000 nodes and 13 MiB of text, of
   * one file 11 MiB.
   * @throws PATH_NOT_FOUND; PATH_IS_DIRECTORY for a directory without `recursive`, or in the place of a file; PATH_NOT_DIRECTORY;
   * PATH_MOVE_INTO_SELF for a copy into itself; PATH_EXISTS with `errorOnExist`; CONTENT_NOT_HERE; CONTENT_TOO_LARGE for more.
   * Nothing is changed then
   */
  copy(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    return this.#paths.copy(from, to, options);
  }

  /** @throws PATH_NOT_FOUND unless `force`; PATH_NOT_EMPTY unless `recursive` */
  rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    return this.#paths.remove(path, { recursive: options.recursive ?? false, force: options.force ?? false });
  }

  /** The names in a directory, sorted. @throws PATH_NOT_FOUND, PATH_NOT_DIRECTORY */
  async readdir(path: string): Promise<string[]> {
    return this.#paths.list(path).map(({ name }) => name);
  }

  /** What is in a directory, sorted by name, with what `stat` says of each. @throws PATH_NOT_FOUND, PATH_NOT_DIRECTORY */
  list(path: string): Promise<Entry[]> {
    return this.#paths.stats(path);
  }

  /** @throws PATH_NOT_FOUND */
  stat(path: string): Promise<Stat> {
    return this.#paths.stat(path);
  }

  /** Which contents are fetched by themselves: as `ReplicaOptions.bodies` has it. */
  get bodies(): BodyPolicy {
    return this.#state.bodies.policy;
  }

  /**
   * Resolves when the content of a file, or of all files in a directory, is here, and is kept in step from then on. It is asked for before
   * everything else, and does come once a peer is there that has it, whether this resolves or not. What is removed meanwhile is not waited for.
   * @throws PATH_NOT_FOUND; CONTENT_NOT_HERE if no link is up to a peer that told of it, or the last of them ended; the signal's reason
   */
  async fetch(path: string, options: FetchOptions = {}): Promise<void> {
    return this.#paths.fetch(path, options);
  }

  /**
   * Everything that happens from now on, here and elsewhere, until the iteration ends or the folder closes. Whoever does one change after
   * the other on a file system has what the folder shows: directories come before what is in them, and go when they are empty; a
   * name is free when it is given. Where names are exchanged, one node is put `aside` under a name of its own, and moved on later.
   * @throws CHANGES_OVERFLOW if the reader falls 100,000 changes behind; read the tree anew then
   */
  changes(): AsyncIterableIterator<FolderChange> {
    const queue = new AsyncQueue<FolderChange>({
      limit: CHANGES_LIMIT,
      overflow: () => new EvermeshError('CHANGES_OVERFLOW', 'The reader of changes fell too far behind.'),
      onClose: () => stops.forEach((stop) => stop()),
    });
    const { steps, closed, tree } = this.#state;
    const tell = (step: ViewStep): void => describeStep(step, tree).forEach((change) => queue.push(change));
    const stops = [steps.add(tell), closed.add(() => queue.close())];
    return queue;
  }

  /**
   * What a file held, the last first; of one that was removed, too, if nothing else has its path. A version is the same content on each
   * device that has what its heads cover, and listed where this device was shown it, or something new in it.
   * @throws PATH_NOT_FOUND, PATH_IS_DIRECTORY, FOLDER_NOT_READY; CONTENT_NOT_HERE for a file of which nothing is here; STORE_CORRUPT if
   * what is kept of it is damaged
   */
  versions(path: string, options: VersionsOptions = {}): Promise<FileVersion[]> {
    return this.#history.versions(path, options);
  }

  /**
   * What a version holds.
   * @throws as `versions`; VERSION_NOT_FOUND; CONTENT_NOT_HERE for one that is no text and not here: it is fetched then
   */
  readVersion(path: string, version: VersionName): Promise<Uint8Array> {
    return this.#history.read(path, version);
  }

  /**
   * What differs between two versions of a file, line by line; by default what the last one changed.
   * @throws as `versions`; VERSION_NOT_FOUND
   */
  diff(path: string, options: DiffOptions = {}): Promise<FileDiff> {
    return this.#history.diff(path, options);
  }

  /**
   * Brings back what was removed at a path, beside whatever is there now, a directory with all that was removed with it; or, with
   * `version`, lets a file hold again what it held then. That is an edit like any other: it merges with what others write, and is one
   * version more. Durable after `flush`.
   * @returns where it is then
   * @throws as `readVersion`; PATH_EXISTS if something is at `to`
   */
  restore(path: string, options: RestoreOptions = {}): Promise<string> {
    return this.#history.restore(path, options);
  }

  /**
   * What happened in the folder, or to what is or was at a path and inside: the last first by the clocks of those who did it. Of what
   * came as a state instead of its history nobody knows, nor of edits that are left where they are.
   * @throws PATH_NOT_FOUND, FOLDER_NOT_READY; STORE_CORRUPT if what is kept of it is damaged
   */
  history(options: PastOptions = {}): Promise<PastChange[]> {
    return this.#history.happened(options);
  }

  /** What was removed, the last first. What went with a directory is part of its entry. @throws FOLDER_NOT_READY */
  trash(): Promise<TrashEntry[]> {
    return this.#history.trash();
  }

  /** Names and contents of which more than one is kept. */
  async conflicts(): Promise<Conflict[]> {
    return conflictsIn(this.#state);
  }

  /**
   * Settles which content of a file in conflict is meant: `shown`, `both`, or the `id` of one of `others`. With `both` each of the others
   * becomes a file beside it. What is not kept stays among the versions; what another device writes at the same time is listed again, and what
   * arrives within the call, with nothing settled, is told by CONFLICT_CHANGED. Of a conflict of names rename or remove one of the two. Durable
   * when it resolves.
   * @returns the paths of files that were made
   * @throws PATH_NOT_FOUND, PATH_IS_DIRECTORY, CONFLICT_NOT_FOUND, CONFLICT_CHANGED, CONTENT_NOT_HERE, FOLDER_NOT_READY
   */
  resolve(path: string, choice: string): Promise<string[]> {
    return this.#paths.resolve(path, choice);
  }

  /**
   * Resolves when the folder's tree is here: at once for one that was made here. Rejects with the signal's reason.
   * @throws FORMAT_TOO_NEW if a later version of Evermesh wrote it; STORE_CLOSED
   */
  whenReady(options: { signal?: AbortSignal } = {}): Promise<void> {
    return whenReady(this.#state, options);
  }

  /** Resolves when everything done so far survives a power cut here; what an open document did not take, its `failed` says. @throws STORE_FAILED */
  flush(): Promise<void> {
    return this.#calls.settled().then(() => {
      this.#state.live.record();
      return this.#state.log.idle();
    });
  }

  /** Recomputes heads, digests, index and view from the raw records and names every difference. */
  verify(): Promise<Finding[]> {
    return verifyFolder(this.#state);
  }

  /**
   * Files of which something is here that builds on what is not, and whose edits these are: it is shown when those come. What is owed
   * by a peer is waited for, and the file cannot be read meanwhile; otherwise the rest of it is shown. Reads all files.
   */
  missingParts(): Promise<MissingPart[]> {
    return missingParts(this.#state);
  }
}
