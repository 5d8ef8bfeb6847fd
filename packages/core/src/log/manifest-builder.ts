/** Makes the manifest of a content while its chunks come by. It holds one list a level. */
import { type BlobName, sha256, toHex } from '../base/index.ts';
import {
  encodeManifest,
  encodeManifestNode,
  endsList,
  type ManifestEntry,
  type SmallBlob,
} from '../protocol/index.ts';

export class ManifestBuilder {
  /** By level: what the next list of it holds so far. */
  readonly #lists: ManifestEntry[][] = [];

  /** Returns the nodes that are complete with this chunk. */
  add(chunk: ManifestEntry): SmallBlob[] {
    const nodes: SmallBlob[] = [];
    this.#add(0, chunk, nodes);
    return nodes;
  }

  /** The root, and behind it the nodes that were not complete before. */
  end(content: ManifestEntry): [SmallBlob, ...SmallBlob[]] {
    const nodes: SmallBlob[] = [];
    // The root is the first list that was never cut.
    let level = 0;
    for (; level < this.#lists.length - 1; level++) {
      if (this.#list(level).length > 0) this.#cut(level, nodes);
    }
    const entries = this.#list(level);
    return [blobOf(encodeManifest({ content, level, entries })), ...nodes];
  }

  #add(level: number, entry: ManifestEntry, nodes: SmallBlob[]): void {
    const list = this.#list(level);
    list.push(entry);
    if (endsList(entry.name, list.length)) this.#cut(level, nodes);
  }

  #cut(level: number, nodes: SmallBlob[]): void {
    const list = this.#list(level);
    const node = blobOf(encodeManifestNode(level, list));
    this.#lists[level] = [];
    nodes.push(node);
    this.#add(level + 1, { name: node.name, size: list.reduce((sum, { size }) => sum + size, 0) }, nodes);
  }

  #list(level: number): ManifestEntry[] {
    return (this.#lists[level] ??= []);
  }
}

/** Bytes as a small blob. */
export const blobOf = (bytes: Uint8Array): SmallBlob => ({
  name: toHex(sha256(bytes)) as BlobName,
  size: bytes.byteLength,
  bytes,
});
