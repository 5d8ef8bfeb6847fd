/** The documents that operations write to: in memory until the operations are done, and none that a program alone goes on typing into. */
import type * as Y from 'yjs';
import { documentOf } from '../base/index.ts';
import type { Documents } from './documents.ts';
import type { NodeOperation } from './nodes.ts';

/** What writes to a document that is there. */
export type Rewrite = Extract<NodeOperation, { type: 'save' | 'removeShown' | 'resolve' }>;

export class HeldDocuments {
  readonly #documents: Documents;
  readonly #held = new Map<Rewrite, Y.Doc>();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  get all(): ReadonlyMap<Rewrite, Y.Doc> {
    return this.#held;
  }

  /** Those that are not held, or were retired. */
  async hold(operations: readonly NodeOperation[]): Promise<void> {
    for (const operation of operations) {
      const { type } = operation;
      if (type !== 'save' && type !== 'removeShown' && type !== 'resolve') continue;
      if (this.#isCurrent(operation, this.#held.get(operation))) continue;
      this.#held.set(operation, await this.#documents.hold(documentOf(operation.id)));
    }
  }

  /**
   * A program may have closed one meanwhile, and go on typing into it. What it types has no record: an edit written there would
   * build on what nobody else ever gets.
   */
  get areCurrent(): boolean {
    return [...this.#held].every(([operation, doc]) => this.#isCurrent(operation, doc));
  }

  release(): void {
    for (const [{ id }, doc] of this.#held) this.#documents.release(documentOf(id), doc);
  }

  #isCurrent({ id }: Rewrite, doc: Y.Doc | undefined): boolean {
    return doc !== undefined && this.#documents.isCurrent(documentOf(id), doc);
  }
}
