/** Contents that readers missed, and who they were: each is fetched, and its readers told when it is here. */
import { type BlobName, documentOf, type NodeId } from '../base/index.ts';
import type { Contents, Debts, FolderLog, StoreOperation } from '../log/index.ts';

export class MissingContents {
  readonly #contents: Contents;
  readonly #log: FolderLog;
  readonly #debts: Debts;
  /** By what is fetched. */
  readonly #readers = new Map<BlobName, Set<NodeId>>();

  constructor(contents: Contents, log: FolderLog, debts: Debts) {
    this.#contents = contents;
    this.#log = log;
    this.#debts = debts;
  }

  /** Returns the rows that say that it is wanted. */
  async miss(content: BlobName, reader: NodeId): Promise<StoreOperation[]> {
    const rows: StoreOperation[] = [];
    for (const name of await this.#toFetch(content, reader)) {
      const readers = this.#readers.get(name) ?? new Set();
      this.#readers.set(name, readers.add(reader));
      rows.push(...this.#debts.miss(name));
    }
    return rows;
  }

  /** Who missed what was fetched just now. */
  arrived(name: BlobName): readonly NodeId[] {
    const readers = this.#readers.get(name);
    this.#readers.delete(name);
    return [...(readers ?? [])];
  }

  /**
   * A content in chunks is fetched by the root of its manifest. As long as that is not here, nobody can tell which root is whose; but
   * then records of the document name one that is on its way.
   */
  async #toFetch(content: BlobName, reader: NodeId): Promise<Iterable<BlobName>> {
    const name = await this.#contents.nameInRecords(content);
    const { wantedBlobs } = this.#debts;
    if (name !== content || wantedBlobs.size === 0) return [name];
    const coming = new Set<BlobName>();
    for await (const record of this.#log.read.readable(documentOf(reader)))
      for (const named of record?.header.blobs ?? []) if (wantedBlobs.has(named)) coming.add(named);
    return coming.size > 0 ? coming : [name];
  }
}
