/**
 * Which owed documents to ask for next: first what somebody waits for, then the tree, because everything else hangs on it, then the
 * small ones, so that most of a folder is there soon. What is asked for at one time is bounded; room comes back when it is durable.
 */
import { type DocumentId, TREE_DOCUMENT } from '../base/index.ts';
import type { Debt } from '../log/index.ts';

const DOCUMENTS = 256;
const BYTES = 4 * 1024 * 1024;

export class Pulls {
  /** In the order of asking, the next one last. */
  #waiting: Debt[] = [];
  #sorted = true;
  readonly #queued = new Set<DocumentId>();
  /** What was asked for: the debt as it stood then. */
  readonly #asked = new Map<DocumentId, Debt>();
  /** Documents and bytes that were asked for and are not durable yet. */
  #held = 0;
  #heldBytes = 0;
  readonly #isUrgent: (document: DocumentId) => boolean;

  /** @param isUrgent whether somebody waits for a document */
  constructor(isUrgent: (document: DocumentId) => boolean) {
    this.#isUrgent = isUrgent;
  }

  add(debts: Iterable<Debt>): void {
    for (const debt of debts) {
      // It may be one that waits, and that somebody waits for now.
      this.#sorted = false;
      if (this.#queued.has(debt.document) || this.#asked.has(debt.document)) continue;
      this.#queued.add(debt.document);
      this.#waiting.push(debt);
    }
  }

  /** The documents to ask for now; none while more than half of what may be asked for is on its way. */
  next(current: (document: DocumentId) => Debt | undefined): Debt[] {
    if (this.#held > DOCUMENTS / 2 || this.#heldBytes > BYTES / 2) return [];
    this.#sort();
    const asked: Debt[] = [];
    while (this.#held < DOCUMENTS && this.#heldBytes < BYTES) {
      const waiting = this.#waiting.pop();
      if (waiting === undefined) break;
      const { document } = waiting;
      this.#queued.delete(document);
      const debt = current(document);
      if (debt === undefined) continue;
      this.#asked.set(document, debt);
      this.#held += 1;
      this.#heldBytes += debt.bytes;
      asked.push(debt);
    }
    return asked;
  }

  /** All that the peer has of the document came. Returns the debt as it stood when it was asked for. */
  done(document: DocumentId): Debt | undefined {
    const debt = this.#asked.get(document);
    this.#asked.delete(document);
    return debt;
  }

  /** What came of the document is durable. */
  release(debt: Debt): void {
    this.#held -= 1;
    this.#heldBytes -= debt.bytes;
  }

  #sort(): void {
    if (this.#sorted) return;
    const ranks = new Map(this.#waiting.map((debt) => [debt, this.#rank(debt)]));
    this.#waiting.sort((a, b) => (ranks.get(b) as number) - (ranks.get(a) as number));
    this.#sorted = true;
  }

  #rank({ document, bytes }: Debt): number {
    if (this.#isUrgent(document)) return -2;
    return document === TREE_DOCUMENT ? -1 : bytes;
  }
}
