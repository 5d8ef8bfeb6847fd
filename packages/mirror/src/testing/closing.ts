/** A directory that the mirror may not enter. */
import type { FileSystem } from '../fs/file-system.ts';
import { nodeFileSystem } from '../fs/node-file-system.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** As a directory is that lets nobody in until it is opened. */
export function closing(name: string): { readonly fileSystem: FileSystem; isOpen: boolean } {
  const door = {
    isOpen: false,
    fileSystem: {
      ...nodeFileSystem,
      async lstat(path: string) {
        if (!door.isOpen && path.includes(`/${name}/`)) throw failure('EACCES');
        return nodeFileSystem.lstat(path);
      },
      async list(path: string) {
        if (!door.isOpen && path.endsWith(`/${name}`)) throw failure('EACCES');
        return nodeFileSystem.list(path);
      },
      async link(from: string, to: string) {
        if (!door.isOpen && to.includes(`/${name}/`)) throw failure('EACCES');
        return nodeFileSystem.link(from, to);
      },
      // It is opened to be read.
      async syncDirectory(path: string) {
        if (!door.isOpen && path.endsWith(`/${name}`)) throw failure('EACCES');
        return nodeFileSystem.syncDirectory(path);
      },
    },
  };
  return door;
}
