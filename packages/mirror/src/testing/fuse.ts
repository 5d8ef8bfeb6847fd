/**
 * A fuse that blows after a number of steps: whatever changes a disk or a store is one. From then on nothing works, as
 * after the power went.
 */
import type { Store } from '@evermesh/core';
import type { FileSystem, Pieces } from '../fs/file-system.ts';
import { nodeFileSystem } from '../fs/node-file-system.ts';

export class Fuse {
  /** What was done, for a message that says where it broke. */
  readonly steps: string[] = [];
  /** Files whose content is only in the caches of the system: a power cut takes it. */
  readonly unsynced: Set<string> = new Set();
  #limit = Infinity;
  #first: RegExp | undefined;
  #last: RegExp | undefined;

  /** Lets this many further steps pass. */
  blowAfter(steps: number): void {
    this.steps.length = 0;
    this.#limit = steps;
  }

  /** Lets steps pass until one is like this: it is the first that is not done. */
  blowAt(step: RegExp): void {
    this.#first = step;
  }

  /** Lets steps pass until one is like this: it is the last that is done. */
  blowBehind(step: RegExp): void {
    this.#last = step;
  }

  /** How often it was replaced: what works on from before then has died with the rest. */
  life = 0;
  readonly #underWay = new Set<Promise<unknown>>();

  /** Work that the system was asked for: it may end when whoever asked is dead. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const going = work();
    this.#underWay.add(going);
    try {
      return await going;
    } finally {
      this.#underWay.delete(going);
    }
  }

  /** From here on no step is done. Resolves when those that had begun have ended: nothing of a dead program comes later. */
  async blow(): Promise<void> {
    this.#limit = -1;
    await Promise.allSettled(this.#underWay);
  }

  replace(): void {
    this.life += 1;
    this.#limit = Infinity;
    this.#first = undefined;
    this.#last = undefined;
    this.unsynced.clear();
  }

  follows(from: string, to: string): void {
    this.unsynced.delete(to);
    if (this.unsynced.has(from)) this.unsynced.add(to);
  }

  get isBlown(): boolean {
    return this.steps.length > this.#limit;
  }

  step(what: string): void {
    if (!this.isBlown && this.#first?.test(what) === true) this.#limit = this.steps.length;
    if (!this.isBlown && this.#last?.test(what) === true) this.#limit = this.steps.length + 1;
    if (!this.isBlown) this.steps.push(what);
    this.check();
  }

  check(): void {
    if (this.isBlown) throw new Error(`The power went at step ${this.#limit}: ${this.steps.at(-1)}.`);
  }
}

export function fusedFileSystem(fuse: Fuse): FileSystem {
  async function* fused(path: string, content: Pieces): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      try {
        fuse.step(`write ${path}`);
      } catch (error) {
        // Half of it may have got there.
        if (fuse.steps.at(-1) === `write ${path}`) yield piece.subarray(0, piece.byteLength >> 1);
        throw error;
      }
      yield piece;
    }
    // What follows the last piece is the sync.
    fuse.step(`sync ${path}`);
  }
  const { life } = fuse;
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (fuse.life !== life) throw new Error('The power went before.');
    fuse.step(what);
    return fuse.during(work);
  };
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    fuse.check();
    return work();
  };
  const real = nodeFileSystem;
  return {
    ...real,
    lstat: (path) => read(() => real.lstat(path)),
    list: (path) => read(() => real.list(path)),
    readStart: (path, limit) => step(`sync ${path}`, () => real.readStart(path, limit)),
    async openToRead(path) {
      const opened = await read(() => real.openToRead(path));
      return { ...opened, sync: () => step(`sync ${path}`, () => opened.sync()) };
    },
    readLink: (path) => read(() => real.readLink(path)),
    createFile(path, content, options) {
      return step(`create ${path}`, async () => {
        fuse.unsynced.add(path);
        const stat = await real.createFile(path, fused(path, content), options);
        fuse.unsynced.delete(path);
        return stat;
      });
    },
    rename: (from, to) =>
      step(`rename ${from} ${to}`, async () => {
        await real.rename(from, to);
        fuse.follows(from, to);
      }),
    replace: (from, to, inode) =>
      step(`rename ${from} ${to}`, async () => {
        const isReplaced = await real.replace(from, to, inode);
        if (isReplaced) fuse.follows(from, to);
        return isReplaced;
      }),
    link: (from, to) =>
      step(`link ${from} ${to}`, async () => {
        await real.link(from, to);
        fuse.follows(from, to);
      }),
    unlink: (path) => step(`unlink ${path}`, () => real.unlink(path)),
    unlinkIf: (path, inode) => step(`unlink ${path}`, () => real.unlinkIf(path, inode)),
    makeDirectory: (path) => step(`mkdir ${path}`, () => real.makeDirectory(path)),
    removeDirectory: (path) => step(`rmdir ${path}`, () => real.removeDirectory(path)),
    makeLink: (target, path) => step(`symlink ${path}`, () => real.makeLink(target, path)),
    setExecutable: (path, executable) => step(`chmod ${path}`, () => real.setExecutable(path, executable)),
    syncDirectory: (path) => step(`syncdir ${path}`, () => real.syncDirectory(path)),
  };
}

export function fusedStore(store: Store, fuse: Fuse): Store {
  return {
    open: () => store.open(),
    close: () => store.close(),
    get: (key) => store.get(key),
    iterator: (range) => store.iterator(range),
    async batch(operations, options) {
      fuse.step(`commit ${operations.map(({ type, key }) => `${type} ${key.slice(34)}`).join(', ')}`);
      await store.batch(operations, options);
    },
  };
}
