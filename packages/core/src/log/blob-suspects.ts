/** What a look at blobs found that may go, until somebody turns out to need it. */
import type { BlobName } from '../base/index.ts';

/** The name in the key of a blob, a chunk, a content, or a note of one. */
export const nameOf = (key: string): BlobName => key.slice(key.lastIndexOf('/') + 1) as BlobName;

export class BlobSuspects {
  /** Keys of rows. */
  readonly rows: Set<string>;
  /** Keys that were noted before, of blobs and contents, and since when. What is not small has no other row. */
  readonly noted: Map<string, number>;
  /** Of those, what is needed again. */
  readonly cleared: Set<string> = new Set();
  /** From contents in chunks to their roots, and back: what one is a root of may be a content as well. */
  readonly #roots = new Map<BlobName, BlobName>();
  readonly #contents = new Map<BlobName, BlobName>();

  constructor(rows: Set<string>, noted: Map<string, number>) {
    this.rows = rows;
    this.noted = noted;
  }

  get isEmpty(): boolean {
    return this.rows.size === 0 && this.noted.size === 0;
  }

  /** A content is here in chunks, with this root. */
  addContent(content: BlobName, root: BlobName): void {
    this.#roots.set(content, root);
    this.#contents.set(root, content);
  }

  contentOf(root: BlobName): BlobName | undefined {
    return this.#contents.get(root);
  }

  /** Somebody needs these. */
  clear(...keys: readonly string[]): void {
    for (const key of keys) {
      this.rows.delete(key);
      if (this.noted.delete(key)) this.cleared.add(key);
    }
  }

  /** What is behind a key may be used by any of these names: of a content in chunks, its root, or the content of a root. */
  namesOf(key: string): BlobName[] {
    const name = nameOf(key);
    return [name, this.#roots.get(name), this.#contents.get(name)].filter((each) => each !== undefined);
  }
}
