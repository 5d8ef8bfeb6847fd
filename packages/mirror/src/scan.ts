/**
 * Reads the tree on disk: names and stats, no contents. A full scan reads everything; an incremental one lists only
 * directories that may have changed, and says nothing about the others.
 *
 * What cannot be read, or is not synced, is withheld: it is neither there nor missing, and nothing follows from it.
 */
import { ROOT, type NodeId } from '@evermesh/core';
import type { Ancestor, AncestorEntry } from './ancestor.ts';
import { type Disk, joinPath, OWN_DIRECTORY } from './disk.ts';
import { codeOf, type FileStat } from './fs/file-system.ts';
import { IGNORE_FILE, type IgnoreText, readIgnoreFile } from './ignore-file.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import { type Problem, unreadable } from './problem.ts';

export interface DiskDirectory {
  readonly kind: 'directory';
  readonly path: string;
  readonly stat: FileStat;
  /** Whether `entries` is all there is. Otherwise only those are there that something is said about. */
  readonly listed: boolean;
  /** It could not be listed, and will not be by another attempt right now. */
  readonly isClosed: boolean;
  readonly entries: ReadonlyMap<string, DiskEntry>;
  /** Names that are there and take no part. */
  readonly withheld: ReadonlySet<string>;
}

export interface DiskFile {
  readonly kind: 'file' | 'symlink';
  readonly path: string;
  readonly stat: FileStat;
}

export type DiskEntry = DiskDirectory | DiskFile;

export interface Scan {
  readonly root: DiskDirectory;
  /** An ignore file says something else than at the last scan: everything must be looked at again. */
  readonly rulesChanged: boolean;
}

export interface ScanWorld {
  readonly disk: Disk;
  readonly rules: IgnoreRules;
  readonly ancestor: Ancestor;
  /**
   * What could not be looked at. Directories that could not be listed are tried again whenever they are passed, because a right
   * that is given is told of the directory above. Default: none are remembered.
   */
  readonly unseen?: Set<string> | undefined;
  /** Called before a directory is listed: what changes after that is told by the watcher. */
  watch(directory: string, inode: bigint, born: bigint): void;
  /** A directory is about to be listed: what was said of its entries before is void. */
  listing(directory: string): void;
  problem(problem: Problem): void;
  ignored(path: string, reason: string): void;
  progress(entries: number): void;
}

/** @param dirty directories that may have changed, or `'all'` */
export async function scan(
  world: ScanWorld,
  dirty: ReadonlySet<string> | 'all',
  signal?: AbortSignal,
): Promise<Scan> {
  return new Scanner(world, dirty, signal).run();
}

class Scanner {
  readonly #world: ScanWorld;
  readonly #dirty: ReadonlySet<string> | 'all';
  readonly #signal: AbortSignal | undefined;
  /** Directories that hold dirty ones. */
  readonly #above = new Set<string>();
  #rulesChanged = false;
  #entries = 0;

  constructor(world: ScanWorld, dirty: ReadonlySet<string> | 'all', signal: AbortSignal | undefined) {
    this.#world = world;
    this.#dirty = dirty;
    this.#signal = signal;
    for (const path of dirty === 'all' ? [] : dirty) {
      for (let at = path; at !== '';) {
        at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
        this.#above.add(at);
      }
    }
  }

  async run(): Promise<Scan> {
    const stat = await this.#world.disk.lstat('');
    if (stat === undefined) throw Object.assign(new Error('The root is gone.'), { code: 'ENOENT' });
    const root = await this.#directory('', stat, ROOT);
    this.#world.progress(this.#entries);
    return { root, rulesChanged: this.#rulesChanged };
  }

  /** @param id the node that was here last, if it is known */
  async #directory(path: string, stat: FileStat, id: NodeId | undefined): Promise<DiskDirectory> {
    this.#signal?.throwIfAborted();
    const isDirty = this.#dirty === 'all' || this.#dirty.has(path) || this.#world.unseen?.has(path) === true;
    if (id === undefined || isDirty) return this.#list(path, stat, id);
    if (!this.#above.has(path)) return unlisted(path, stat, new Map());
    const entries = new Map<string, DiskEntry>();
    for (const next of this.#towardsDirty(path)) {
      const child = this.#world.ancestor.child(id, next);
      // A failure is told by the listing.
      const childStat =
        child?.kind === 'directory'
          ? await this.#world.disk.lstatIfPossible(joinPath(path, next))
          : undefined;
      // Something else is there than was: what is told of it is told by the listing.
      if (child === undefined || !this.#isSame(childStat, child)) return this.#list(path, stat, id);
      entries.set(next, await this.#directory(joinPath(path, next), childStat as FileStat, child.id));
    }
    return unlisted(path, stat, entries);
  }

  #isSame(stat: FileStat | undefined, known: AncestorEntry): boolean {
    return (
      stat?.kind === 'directory' &&
      stat.inode === known.inode &&
      stat.born === known.born &&
      stat.device === this.#world.disk.device
    );
  }

  #towardsDirty(path: string): Set<string> {
    const prefix = path === '' ? '' : `${path}/`;
    const names = new Set<string>();
    for (const dirty of this.#dirty as ReadonlySet<string>) {
      if (dirty.startsWith(prefix) && dirty !== path)
        names.add(dirty.slice(prefix.length).split('/', 1)[0] as string);
    }
    names.delete(OWN_DIRECTORY);
    return names;
  }

  async #list(path: string, stat: FileStat, id: NodeId | undefined): Promise<DiskDirectory> {
    const { disk, rules, ancestor } = this.#world;
    this.#world.watch(path, stat.inode, stat.born);
    this.#world.listing(path);
    let listing;
    try {
      listing = await disk.fs.list(disk.at(path));
      this.#world.unseen?.delete(path);
    } catch (error) {
      // Vanished since its parent was listed: its entries are missing, and a moved one is found in its new place.
      if (codeOf(error) === 'ENOENT' && path !== '') return unlisted(path, stat, new Map());
      this.#world.unseen?.add(path);
      this.#unreadable(path, codeOf(error));
      return { ...unlisted(path, stat, new Map()), isClosed: true };
    }
    const withheld = new Set(listing.failed.map(({ name }) => name));
    for (const { name, code } of listing.failed) {
      this.#world.unseen?.add(joinPath(path, name));
      this.#unreadable(joinPath(path, name), code);
    }
    for (const name of listing.unnameable) this.#unnameable(path, name);
    await this.#readRules(path, listing.entries.find(({ name }) => name === IGNORE_FILE)?.stat);
    const directories = listing.entries.flatMap(({ name, stat: { kind } }) =>
      kind === 'directory' ? name : [],
    );
    this.#forgetRules(path, new Set([...directories, ...withheld]));
    // Nobody looks into what takes no part: it is not waited for until somebody could.
    const unread = new Set(withheld);
    this.#withholdMissing(path, id, new Set(listing.entries.map(({ name }) => name)), withheld);
    const entries = new Map<string, DiskEntry>();
    for (const { name, stat: entryStat } of listing.entries) {
      this.#entries += 1;
      if (this.#withholds(path, name, entryStat, rules)) {
        withheld.add(name);
        continue;
      }
      const entryPath = joinPath(path, name);
      if (entryStat.kind === 'directory') {
        const known = id === undefined ? undefined : ancestor.child(id, name);
        const isKnown = known?.kind === 'directory' && this.#isSame(entryStat, known);
        entries.set(name, await this.#directory(entryPath, entryStat, isKnown ? known.id : undefined));
      } else
        entries.set(name, { kind: entryStat.kind as 'file' | 'symlink', path: entryPath, stat: entryStat });
    }
    for (const [name, { kind }] of entries) if (kind === 'directory') unread.add(name);
    this.#forgetUnseen(path, unread);
    this.#world.progress(this.#entries);
    return { kind: 'directory', path, stat, listed: true, isClosed: false, entries, withheld };
  }

  /** What could not be looked at below a directory, and is not there any more or could be looked at by now. */
  #forgetUnseen(path: string, left: ReadonlySet<string>): void {
    const { unseen } = this.#world;
    const prefix = joinPath(path, '');
    for (const one of unseen ?? []) {
      if (!one.startsWith(prefix) || one === path) continue;
      const [name = ''] = one.slice(prefix.length).split('/', 1);
      if (!left.has(name)) unseen?.delete(one);
    }
  }

  /** Rules go with their directory: another one that comes to its name has its own. */
  #forgetRules(path: string, there: ReadonlySet<string>): void {
    const { rules } = this.#world;
    const prefix = joinPath(path, '');
    for (const directory of rules.directories) {
      if (!directory.startsWith(prefix) || directory === path) continue;
      const [name = ''] = directory.slice(prefix.length).split('/', 1);
      if (!there.has(name) && rules.set(directory, undefined)) this.#rulesChanged = true;
    }
  }

  /** What was synced before it was ignored takes no part any more: that it is gone says nothing either. */
  #withholdMissing(
    path: string,
    id: NodeId | undefined,
    there: ReadonlySet<string>,
    withheld: Set<string>,
  ): void {
    if (id === undefined) return;
    const { rules, ancestor } = this.#world;
    for (const { name, kind } of ancestor.children(id)) {
      if (!there.has(name) && rules.reason(path, name, kind === 'directory') !== undefined)
        withheld.add(name);
    }
  }

  /** Whether an entry takes no part, saying why. */
  #withholds(directory: string, name: string, stat: FileStat, rules: IgnoreRules): boolean {
    const path = joinPath(directory, name);
    const reason = rules.reason(directory, name, stat.kind === 'directory');
    if (reason !== undefined) {
      if (path !== OWN_DIRECTORY) this.#world.ignored(path, reason);
      return true;
    }
    if (stat.kind === 'other') {
      this.#world.problem({
        path,
        code: 'SPECIAL_FILE',
        message: 'It is a socket, a pipe or a device, which have no content to sync.',
        next: `Move it elsewhere, or name it in ${IGNORE_FILE}.`,
      });
      return true;
    }
    // Only directories tell: an overlay, the usual root of a container, gives its files the numbers of what lies below.
    if (stat.kind !== 'directory' || stat.device === this.#world.disk.device) return false;
    this.#world.problem({
      path,
      code: 'OTHER_FILE_SYSTEM',
      message: 'Another file system begins here. The mirror stays in one.',
      next: `Mirror it as a folder of its own, or name it in ${IGNORE_FILE}.`,
    });
    return true;
  }

  async #readRules(directory: string, stat: FileStat | undefined): Promise<void> {
    const { disk, rules } = this.#world;
    let read: IgnoreText | undefined;
    try {
      if (stat?.kind === 'file') read = await readIgnoreFile(disk, directory);
    } catch (error) {
      // The old rules hold: without them what people meant to keep here would be sent to everybody.
      return this.#unreadable(joinPath(directory, IGNORE_FILE), codeOf(error));
    }
    if (rules.set(directory, read)) this.#rulesChanged = true;
  }

  #unreadable(path: string, code: string): void {
    this.#world.problem(unreadable(path, code));
  }

  #unnameable(directory: string, name: string): void {
    this.#world.problem({
      path: joinPath(directory, name),
      code: 'NAME_NOT_TEXT',
      message: 'The name is not UTF-8, so other devices could not show it.',
      next: 'Rename it.',
    });
  }
}

const unlisted = (path: string, stat: FileStat, entries: Map<string, DiskEntry>): DiskDirectory => ({
  kind: 'directory',
  path,
  stat,
  listed: false,
  isClosed: false,
  entries,
  withheld: new Set(),
});
