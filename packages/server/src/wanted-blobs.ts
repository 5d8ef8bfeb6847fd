/**
 * Which blobs a relay lacks that records in it name, by folder: a record is taken without its blobs if whoever puts it does not
 * have them, and what was put may be lost. Each is a row of the folder until the blob is put, so that devices which have
 * it are asked for it whenever they come.
 */
import { type BlobName, EMPTY, type FolderId, Listeners } from '@evermesh/core/base';
import { areaPrefix, type Committer, prefixEnd, type Store, type StoreOperation } from '@evermesh/core/log';

/** Of one folder. Records may name what nobody has: what is beyond is not asked for. */
const NOTED = 65_536;

export interface Noted {
  readonly folder: FolderId;
  readonly names: readonly BlobName[];
  /** Who put the record that names them, if it was that: it does not have them. */
  readonly source: unknown;
}

export class WantedBlobs {
  /** These are wanted from now on. */
  readonly noted: Listeners<Noted> = new Listeners();
  readonly #store: Store;
  readonly #committer: Committer;

  constructor(store: Store, committer: Committer) {
    this.#store = store;
    this.#committer = committer;
  }

  /** Those that are not noted yet, and can be. */
  async unnoted(folder: FolderId, names: readonly BlobName[]): Promise<BlobName[]> {
    const found: BlobName[] = [];
    for (const name of names) if (!(await this.#isNoted(folder, name))) found.push(name);
    if (found.length === 0) return found;
    let room = NOTED;
    for await (const _ of this.of(folder)) room -= 1;
    return found.slice(0, room);
  }

  /** Notes them. Whoever commits the rows emits `noted` then. */
  rows(folder: FolderId, names: readonly BlobName[]): StoreOperation[] {
    return names.map((name) => ({ type: 'put', key: keyOf(folder, name), value: EMPTY }));
  }

  /** One of the folder turned out to be lost or damaged here. */
  async note(folder: FolderId, name: BlobName): Promise<void> {
    const names = await this.unnoted(folder, [name]);
    if (names.length === 0) return;
    await this.#committer.commit(this.rows(folder, names));
    this.noted.emit({ folder, names, source: undefined });
  }

  /** For the batch that stores the blob. */
  async metRows(folder: FolderId, name: BlobName): Promise<StoreOperation[]> {
    return (await this.#isNoted(folder, name)) ? [{ type: 'del', key: keyOf(folder, name) }] : [];
  }

  async *of(folder: FolderId): AsyncGenerator<BlobName> {
    const prefix = keyOf(folder, '');
    const range = { gte: prefix, lt: prefixEnd(prefix), limit: NOTED };
    for await (const [key] of this.#store.iterator(range)) yield key.slice(prefix.length) as BlobName;
  }

  async #isNoted(folder: FolderId, name: BlobName): Promise<boolean> {
    return (await this.#store.get(keyOf(folder, name))) !== undefined;
  }
}

const keyOf = (folder: FolderId, name: BlobName | ''): string => areaPrefix(folder, 'wanted') + name;
