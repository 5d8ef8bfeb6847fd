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

  /** What is fetched because this reader missed it. */
  missedBy(reader: NodeId): BlobName[] {
    return [...this.#readers].filter(([, readers]) => readers.has(reader)).map(([name]) => name);
  }

  /**
   * A content in chunks is fetched by the root of its manifest. As long as that is not here, nobody can tell which root is whose; but
   * then records of the document name one that is on its way, or one that was left: the last first, until it turns out to be the one.
   */
  async #toFetch(content: BlobName, reader: NodeId): Promise<Iterable<BlobName>> {
    const name = await this.#contents.nameInRecords(content);
    const debts = this.#debts;
    if (name !== content || !debts.lacksAny || debts.lacks(name)) return [name];
    const coming = new Set<BlobName>();
    let left: BlobName | undefined;
    for await (const record of this.#log.read.readable(documentOf(reader)))
      for (const named of record?.header.blobs ?? []) {
        if (debts.wantedBlobs.has(named)) coming.add(named);
        else if (debts.lacks(named)) left = named;
      }
    return coming.size > 0 ? coming : [left ?? name];
  }
}
