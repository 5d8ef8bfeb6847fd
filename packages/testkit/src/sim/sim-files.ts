/**
 * The file system of a simulated machine, as programs see it: inodes, names, times, and what of them is safe from a power cut.
 * Names reach the disk in the order in which they were changed, as on a file system with a journal; contents only when they
 * are synced, or when the system happened to write them.
 */
import { utf8 } from '@evermesh/core/base';
import type { FileStat } from '@evermesh/mirror';
import { fail, type FilesProfile, type Inode, keyIn, kept, naming } from './inode.ts';
import { Journal } from './journal.ts';
import type { Seeded } from './seeded.ts';

const NOTHING = new Uint8Array(0);
const TIME_UNIT = 1_000_000n;

export class SimFiles {
  readonly profile: FilesProfile;
  readonly root: Inode;
  /** Told of a directory in which something changed. */
  readonly changed: Set<(directory: Inode) => void> = new Set();
  readonly #time: () => number;
  #next = 2n;
  readonly #journal: Journal = new Journal();

  /** @param time milliseconds since 1970 as the machine has it */
  constructor(profile: FilesProfile, time: () => number) {
    this.profile = profile;
    this.#time = time;
    this.root = this.#make('directory', NOTHING, 0o755);
    this.root.safe = NOTHING;
  }

  /** @throws with `code`: ENOENT, ENOTDIR, ELOOP */
  find(path: string): Inode {
    const found = this.look(path);
    if (found === undefined) throw fail('ENOENT', path);
    return found;
  }

  /** `undefined` if the last name is not there. @throws ENOENT, ENOTDIR, ELOOP */
  look(path: string): Inode | undefined {
    let inode: Inode | undefined = this.root;
    for (const name of namesOf(path)) {
      if (inode === undefined) throw fail('ENOENT', path);
      if (inode.kind === 'symlink') throw fail('ELOOP', path);
      if (inode.kind !== 'directory') throw fail('ENOTDIR', path);
      inode = inode.entries.get(keyIn(this.profile, inode, name));
    }
    return inode;
  }

  stat(inode: Inode): FileStat {
    const { kind, number, permissions } = inode;
    return {
      kind,
      size: kind === 'directory' ? 0 : inode.data.byteLength,
      mtime: this.#stepped(inode.mtime),
      ctime: this.#stepped(inode.ctime),
      born: inode.born,
      inode: number,
      device: 1n,
      executable: kind === 'file' && this.profile.hasExecutableBit && (permissions & 0o111) !== 0,
      permissions,
    };
  }

  /** Makes a file; fails with EEXIST if something is there. */
  create(path: string, permissions: number): Inode {
    return this.#add(path, () => this.#make('file', NOTHING, permissions));
  }

  /** What the file holds from now on. The caller's array is not kept. */
  write(inode: Inode, bytes: Uint8Array): void {
    inode.data = bytes.slice();
    inode.mtime = this.#now();
    inode.ctime = inode.mtime;
    this.#tellOf(inode);
  }

  makeDirectory(path: string): Inode {
    return this.#add(path, () => this.#make('directory', NOTHING, 0o755));
  }

  makeLink(target: string, path: string): Inode {
    const link = this.#add(path, () => this.#make('symlink', new TextEncoder().encode(target), 0o777));
    link.safe = link.data;
    return link;
  }

  /** A second name for a file. */
  link(from: string, to: string): void {
    const inode = this.find(from);
    if (inode.kind === 'directory') throw fail('EPERM', from);
    this.#renames(inode, () => this.#add(to, () => inode));
  }

  unlink(path: string): void {
    const inode = this.find(path);
    if (inode.kind === 'directory') throw fail('EISDIR', path);
    this.#renames(inode, () => this.#remove(path));
  }

  removeDirectory(path: string): void {
    const inode = this.find(path);
    if (inode.kind !== 'directory') throw fail('ENOTDIR', path);
    if (inode.entries.size > 0) throw fail('ENOTEMPTY', path);
    this.#remove(path);
  }

  rename(from: string, to: string): void {
    const moved = this.find(from);
    const replaced = this.look(to);
    // Another spelling of its name; what has two names stays as it is.
    if (replaced === moved) return this.#respell(from, to);
    if (isInside(from, to)) throw fail('EINVAL', to);
    if (replaced !== undefined) {
      if (replaced.kind === 'directory' && moved.kind !== 'directory') throw fail('EISDIR', to);
      if (replaced.kind !== 'directory' && moved.kind === 'directory') throw fail('ENOTDIR', to);
      if (replaced.entries.size > 0) throw fail('ENOTEMPTY', to);
    }
    this.#place(to);
    // One step of the journal: a crash leaves the old name or the new one, and what was replaced with the old one.
    this.#renames(moved, () => {
      this.#remove(from);
      if (replaced !== undefined) this.#remove(to);
      this.#add(to, () => moved);
    });
  }

  setPermissions(inode: Inode, permissions: number): void {
    inode.permissions = permissions;
    inode.ctime = this.#now();
    this.#tellOf(inode);
  }

  /** What the inode holds, and every name, is on the disk from now on. */
  sync(inode: Inode): void {
    if (inode.kind !== 'directory') inode.safe = inode.data;
    this.#journal.written();
  }

  /** What brings back everything as it is now. */
  copy(): () => void {
    const inodes = [this.root, ...this.#all()].map((inode) => ({
      inode,
      ...inode,
      entries: new Map(inode.entries),
    }));
    return () => {
      for (const { inode, entries, data, safe, mtime, ctime, permissions } of inodes) {
        Object.assign(inode, { data, safe, mtime, ctime, permissions });
        inode.entries.clear();
        for (const [name, entry] of entries) inode.entries.set(name, entry);
      }
      this.#journal.written();
    };
  }

  /** The power fails. Answers what files held that it damaged. */
  powerCut(random: Seeded): Map<Inode, Uint8Array> {
    this.#journal.lose((count) => random.below(count + 1));
    const damaged = new Map<Inode, Uint8Array>();
    for (const inode of this.#all()) {
      if (inode.kind !== 'file' || inode.safe === inode.data) continue;
      const before = inode.data;
      // Written by the system meanwhile; or not; or the name alone, or a piece of it.
      if (random.chance(0.4)) inode.safe = inode.data;
      else if (inode.safe !== undefined && random.chance(0.7)) inode.data = inode.safe;
      else inode.data = random.chance(0.6) ? NOTHING : before.slice(0, random.below(before.byteLength + 1));
      inode.isDamaged = inode.data !== before;
      if (inode.isDamaged) damaged.set(inode, before);
      inode.safe = inode.data;
    }
    return damaged;
  }

  /** Every path with what it leads to, the root aside, in order of names. */
  *walk(inode: Inode = this.root, path = ''): Generator<[string, Inode]> {
    for (const [name, entry] of [...inode.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const at = path === '' ? name : `${path}/${name}`;
      yield [at, entry];
      if (entry.kind === 'directory') yield* this.walk(entry, at);
    }
  }

  *#all(): Generator<Inode> {
    for (const [, inode] of this.walk()) yield inode;
  }

  #make(kind: Inode['kind'], data: Uint8Array, permissions: number): Inode {
    const now = this.#now();
    const number = this.#next++;
    return {
      number,
      kind,
      data,
      safe: undefined,
      isDamaged: false,
      saving: undefined,
      isMadeAnew: false,
      renamedAt: 0,
      replacedAt: 0,
      entries: new Map(),
      mtime: now,
      ctime: now,
      born: now,
      permissions,
    };
  }

  #respell(from: string, to: string): void {
    const { directory, key } = this.#place(from);
    const spelled = kept(this.profile, namesOf(to).at(-1) as string);
    const isSamePlace = this.#place(to).directory === directory && this.#place(to).key === key;
    if (!isSamePlace || spelled === key) return;
    const inode = directory.entries.get(key) as Inode;
    const change = (old: string, name: string): void => {
      directory.entries.delete(old);
      directory.entries.set(name, inode);
    };
    this.#renames(inode, () => {
      change(key, spelled);
      this.#journal.add(() => change(spelled, key));
    });
    this.#touch(directory);
  }

  /** A change of names is one of the inode: they reach the disk together, or neither does. */
  #renames(inode: Inode, change: () => void): void {
    const { ctime } = inode;
    this.#journal.together(() => {
      change();
      inode.ctime = this.#now();
      this.#journal.add(() => {
        inode.ctime = ctime;
      });
    });
  }

  #add(path: string, make: () => Inode): Inode {
    const { directory, key, isThere } = this.#place(path);
    if (isThere) throw fail('EEXIST', path);
    const inode = make();
    directory.entries.set(key, inode);
    this.#journal.add(() => directory.entries.delete(key));
    this.#touch(directory);
    return inode;
  }

  #remove(path: string): void {
    const { directory, key } = this.#place(path);
    const inode = directory.entries.get(key) as Inode;
    directory.entries.delete(key);
    this.#journal.add(() => directory.entries.set(key, inode));
    this.#touch(directory);
  }

  /** The directory of a path's last name, and the name as it is, or would be, kept there. */
  #place(path: string): { directory: Inode; key: string; isThere: boolean } {
    const names = namesOf(path);
    const name = names.pop();
    if (name === undefined) throw fail('EEXIST', path);
    if (utf8(name).byteLength > 255) throw fail('ENAMETOOLONG', path);
    const directory = this.find(names.length === 0 ? '/' : `/${names.join('/')}`);
    if (directory.kind !== 'directory') throw fail('ENOTDIR', path);
    const key = keyIn(this.profile, directory, name);
    return { directory, key, isThere: directory.entries.has(key) };
  }

  #touch(directory: Inode): void {
    directory.mtime = this.#now();
    directory.ctime = directory.mtime;
    this.#tell(directory);
  }

  /** A file is told of by the directories that name it, in order of their paths: looked for only if there are several. */
  #tellOf(inode: Inode): void {
    const directories = naming(inode, this.root);
    const inOrder = directories.length > 1 ? [this.root, ...this.#all()] : directories;
    for (const directory of inOrder) if (directories.includes(directory)) this.#tell(directory);
  }

  #tell(directory: Inode): void {
    for (const told of this.changed) told(directory);
  }

  #now(): bigint {
    return BigInt(Math.floor(this.#time() * 1000)) * (TIME_UNIT / 1000n);
  }

  #stepped(time: bigint): bigint {
    return this.profile.timeStep === 1n ? time : time - (time % this.profile.timeStep);
  }
}

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '');

const isInside = (directory: string, path: string): boolean =>
  `${path}/`.startsWith(`${directory}/`) && path !== directory;
