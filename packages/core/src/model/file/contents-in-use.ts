/**
 * Which contents somebody can find in a document that is built step by step. Every version that was ever written stands in it for good, so
 * what a document names is more than what any of its states shows.
 */
import type * as Y from 'yjs';
import type { BlobName } from '../../base/index.ts';
import { currentOf, readVersions, type Version } from './version.ts';

export class ContentsInUse {
  readonly names: Set<BlobName> = new Set();
  readonly #known = new Set<string>();

  /**
   * Notes what the document shows now, or lists in conflict. What is new since the last look is looked at by itself, too: whoever had
   * the steps in another order may ask for a state without what replaced it here before it came.
   */
  look(doc: Y.Doc): void {
    const { all, current } = readVersions(doc);
    const news = all.filter(({ key }) => !this.#known.has(key));
    for (const { key } of news) this.#known.add(key);
    this.#note(current);
    this.#note(currentOf(news));
  }

  #note(versions: readonly Version[]): void {
    for (const { content } of versions) if (content?.kind === 'blob') this.names.add(content.name);
  }
}
