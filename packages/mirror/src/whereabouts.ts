/**
 * Where things are when the mirror begins after a crash. People may have moved them meanwhile: then paths of the ancestor lead
 * nowhere, and everything is listed, once.
 */
import { type NodeId, ROOT } from '@evermesh/core';
import type { Ancestor, AncestorEntry } from './ancestor.ts';
import { type Disk, joinPath, OWN_DIRECTORY } from './disk.ts';
import { type FileStat, isOfDisk } from './fs/file-system.ts';

export interface Name {
  readonly path: string;
  readonly name: string;
  /** The directory it is in; `undefined` if the ancestor does not know that. */
  readonly parent: NodeId | undefined;
}

export class Whereabouts {
  readonly #disk: Disk;
  readonly #ancestor: Ancestor;
  #names: Promise<Map<string, Name[]>> | undefined;

  constructor({ disk, ancestor }: { readonly disk: Disk; readonly ancestor: Ancestor }) {
    this.#disk = disk;
    this.#ancestor = ancestor;
  }

  /** Whether a directory is where the ancestor says. */
  async isInPlace(directory: NodeId): Promise<boolean> {
    if (directory === ROOT) return true;
    const path = this.#ancestor.pathOf(directory);
    const stat = path === undefined ? undefined : await this.#disk.lstat(path);
    return stat?.kind === 'directory' && this.#nodeOf(stat) === directory;
  }

  /**
   * All names of it, our own directory aside.
   * @throws if there is a directory that cannot be listed: it may be in there
   */
  async namesOf(entry: AncestorEntry): Promise<readonly Name[]> {
    this.#names ??= this.#list();
    return (await this.#names).get(keyOf(entry)) ?? [];
  }

  /** None if there is a directory that cannot be listed. */
  namesIfPossible(entry: AncestorEntry): Promise<readonly Name[]> {
    return this.namesOf(entry).catch((error: unknown) => {
      if (isOfDisk(error)) return [];
      throw error;
    });
  }

  async #list(): Promise<Map<string, Name[]>> {
    const names = new Map<string, Name[]>();
    const list = async (directory: string, parent: NodeId | undefined): Promise<void> => {
      const { entries, failed } = await this.#disk.fs.list(this.#disk.at(directory));
      for (const { code } of failed) throw Object.assign(new Error(`${code} in ${directory}`), { code });
      for (const { name, stat } of entries) {
        const path = joinPath(directory, name);
        if (path === OWN_DIRECTORY) continue;
        const key = keyOf(stat);
        names.set(key, [...(names.get(key) ?? []), { path, name, parent }]);
        if (stat.kind === 'directory' && stat.device === this.#disk.device)
          await list(path, this.#nodeOf(stat));
      }
    };
    await list('', ROOT);
    return names;
  }

  #nodeOf({ inode, born }: FileStat): NodeId | undefined {
    return this.#ancestor.withInode(inode).find((entry) => entry.kind === 'directory' && entry.born === born)
      ?.id;
  }
}

const keyOf = ({ inode, born }: Pick<FileStat, 'inode' | 'born'>): string => `${inode}:${born}`;
