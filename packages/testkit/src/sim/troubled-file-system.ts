/** A file system some calls of which fail, while something is wrong with the disk below it. */
import type { FileSystem, Pieces } from '@evermesh/mirror';
import type { Act, DiskTrouble } from './disk-trouble.ts';
import type { SimProcess } from './sim-process.ts';

export function troubledFileSystem(sound: FileSystem, trouble: DiskTrouble, process: SimProcess): FileSystem {
  /** Does it, unless that fails. A disk that is well costs nothing, not even a turn. */
  const unless = <T>(checks: () => void, work: () => Promise<T>): Promise<T> =>
    trouble.isOver ? work() : process.call('finds', 'its disk', checks).then(work);
  const at = <T>(act: Act, path: string, work: () => Promise<T>): Promise<T> =>
    unless(() => trouble.check(act, path), work);
  const named = <T>(paths: readonly string[], work: () => Promise<T>): Promise<T> =>
    unless(() => paths.forEach((path) => trouble.check('name', path)), work);
  const made = <T>(path: string, work: () => Promise<T>): Promise<T> =>
    unless(() => {
      trouble.check('name', path);
      trouble.take(NAME_BYTES, path);
    }, work);
  return {
    ...sound,
    lstat: (path) => at('stat', path, () => sound.lstat(path)),
    async list(path) {
      const listing = await at('list', path, () => sound.list(path));
      if (trouble.isOver) return listing;
      const { entries, unnameable, failed } = listing;
      const codes = new Map(entries.map(({ name }) => [name, trouble.codeOf('stat', `${path}/${name}`)]));
      return {
        unnameable,
        entries: entries.filter(({ name }) => codes.get(name) === undefined),
        failed: [
          ...failed,
          ...[...codes].flatMap(([name, code]) => (code === undefined ? [] : { name, code })),
        ],
      };
    },
    readStart: (path, limit) => at('read', path, () => sound.readStart(path, limit)),
    openToRead: (path) =>
      at('read', path, async () => {
        const handle = await sound.openToRead(path);
        return {
          ...handle,
          async *pieces() {
            for await (const piece of handle.pieces()) yield await at('read', path, async () => piece);
          },
        };
      }),
    createFile: (path, content, options) =>
      made(path, () => sound.createFile(path, fitting(trouble, path, content), options)),
    rename: (from, to) => named([from, to], () => sound.rename(from, to)),
    replace: (from, to, inode) => named([from, to], () => sound.replace(from, to, inode)),
    link: (from, to) => made(to, () => sound.link(from, to)),
    unlink: (path) => named([path], () => sound.unlink(path)),
    unlinkIf: (path, inode) => named([path], () => sound.unlinkIf(path, inode)),
    makeDirectory: (path) => made(path, () => sound.makeDirectory(path)),
    removeDirectory: (path) => named([path], () => sound.removeDirectory(path)),
    readLink: (path) => at('read', path, () => sound.readLink(path)),
    makeLink: (target, path) => made(path, () => sound.makeLink(target, path)),
    setExecutable: (path, executable) => at('change', path, () => sound.setExecutable(path, executable)),
    // It is opened to be read.
    syncDirectory: (path) => at('list', path, () => sound.syncDirectory(path)),
  };
}

/** What a name takes of a disk. */
const NAME_BYTES = 1;

/** What is written, as far as it fits. */
async function* fitting(trouble: DiskTrouble, path: string, content: Pieces): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    trouble.take(piece.byteLength, path);
    yield piece;
  }
}
