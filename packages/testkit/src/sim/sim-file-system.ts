/** The file system of a simulated machine as one program uses it: the mirror's seam, each step of it a call of its own. */
import type { DirectoryListing, FileStat, FileSystem } from '@evermesh/mirror';
import { concatBytes } from '@evermesh/core/base';
import { fail, type Inode } from './inode.ts';
import { isReadable } from './rights.ts';
import type { SimFiles } from './sim-files.ts';
import type { SimProcess } from './sim-process.ts';

/** Bytes that are written at once. */
const PIECE = 16 * 1024;

/** @param torn told of a path at which content could be seen that is neither the old one nor the new one, as a whole */
export function simFileSystem(
  files: SimFiles,
  process: SimProcess,
  torn: (path: string) => void,
): FileSystem {
  const call = <T>(what: string, path: string, act: () => T): Promise<T> => process.call(what, path, act);
  const regular = (path: string): Inode => {
    const inode = files.find(path);
    if (inode.kind === 'symlink') throw fail('ELOOP', path);
    return inode;
  };
  const open = (path: string): Inode => {
    const inode = regular(path);
    if (!isReadable(inode)) throw fail('EACCES', path);
    return inode;
  };
  return {
    lstat: (path) => call('stats', path, () => statOr(files, path)),
    realpath: (path) => call('resolves', path, () => (files.find(path), path)),
    list: (path) => list(files, path, call),
    async readStart(path, limit) {
      const inode = await call('opens', path, () => open(path));
      if (inode.kind !== 'file') return { bytes: new Uint8Array(0), stat: files.stat(inode) };
      await call('syncs', path, () => files.sync(inode));
      const bytes = await call('reads', path, () => inode.data.slice(0, limit));
      return call('stats what it read of', path, () => ({ bytes, stat: files.stat(inode) }));
    },
    async openToRead(path) {
      const inode = await call('opens', path, () => open(path));
      return {
        stat: () => call('stats', path, () => files.stat(inode)),
        async *pieces() {
          for (let at = 0; ; at += PIECE) {
            const piece = await call('reads', path, () => inode.data.slice(at, at + PIECE));
            if (piece.byteLength > 0) yield piece;
            if (piece.byteLength < PIECE) return;
          }
        },
        sync: () => call('syncs', path, () => files.sync(inode)),
        close: () => Promise.resolve(),
      };
    },
    async createFile(path, content, { executable, permissions }) {
      if (!path.includes('/.evermesh/')) torn(path);
      const bits = permissions ?? (executable ? 0o755 : 0o644);
      const inode = await call('creates', path, () =>
        files.create(path, executable ? bits | 0o100 : bits & ~0o111),
      );
      for await (const piece of content) {
        await call('writes to', path, () => files.write(inode, concatBytes([inode.data, piece])));
      }
      await call('syncs', path, () => files.sync(inode));
      return call('stats', path, () => files.stat(inode));
    },
    rename: (from, to) => call('renames', `${from} to ${to}`, () => files.rename(from, to)),
    replace: (from, to, inode) =>
      call('renames', `${from} over ${to}`, () => {
        if (files.look(to)?.number !== inode) return false;
        files.rename(from, to);
        return true;
      }),
    link: (from, to) => call('links', `${from} to ${to}`, () => files.link(from, to)),
    unlink: (path) => call('unlinks', path, () => files.unlink(path)),
    unlinkIf: (path, inode) =>
      call('unlinks', path, () => {
        if (files.look(path)?.number !== inode) return false;
        files.unlink(path);
        return true;
      }),
    makeDirectory: (path) => call('makes directory', path, () => void files.makeDirectory(path)),
    removeDirectory: (path) => call('removes directory', path, () => files.removeDirectory(path)),
    readLink: (path) =>
      call('reads link', path, () => {
        const inode = files.find(path);
        if (inode.kind !== 'symlink') throw fail('EINVAL', path);
        return new TextDecoder().decode(inode.data);
      }),
    makeLink: (target, path) => call('makes link', path, () => void files.makeLink(target, path)),
    setExecutable: (path, executable) =>
      call('changes the mode of', path, () => {
        const inode = regular(path);
        files.setPermissions(inode, executable ? inode.permissions | 0o111 : inode.permissions & ~0o111);
      }),
    syncDirectory: (path) => call('syncs directory', path, () => files.sync(files.find(path))),
    // One program runs on a machine at a time, and each has a number of its own.
    processIdentity: `${1000 + process.number}:${process.parts.name}`,
    isRunning: (identity) => identity === `${1000 + process.number}:${process.parts.name}`,
    stayAlive: () => () => undefined,
  };
}

function statOr(files: SimFiles, path: string): FileStat | undefined {
  try {
    const inode = files.look(path);
    return inode && files.stat(inode);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}

/** The names first, then what each leads to: what changes in between is seen as it is then. */
async function list(
  files: SimFiles,
  path: string,
  call: <T>(what: string, path: string, act: () => T) => Promise<T>,
): Promise<DirectoryListing> {
  const names = await call('lists', path, () => {
    const directory = files.find(path);
    if (directory.kind !== 'directory') throw fail('ENOTDIR', path);
    if (!isReadable(directory)) throw fail('EACCES', path);
    return [...directory.entries.keys()];
  });
  const entries: { name: string; stat: FileStat }[] = [];
  const failed: { name: string; code: string }[] = [];
  await call('stats what is in', path, () => {
    for (const name of names) {
      try {
        const inode = files.look(`${path}/${name}`);
        if (inode !== undefined) entries.push({ name, stat: files.stat(inode) });
      } catch (error) {
        const { code } = error as { code: string };
        if (code !== 'ENOENT') failed.push({ name, code });
      }
    }
  });
  return { entries, unnameable: [], failed };
}
