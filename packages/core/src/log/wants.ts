/** What of all that is owed is to be fetched. Who holds little more than the tree leaves the rest where it is, until it is asked for. */
import type { DocumentId } from '../base/index.ts';

export interface Wants {
  wantsDocument(document: DocumentId): boolean;
  /** Of blobs that records of this document name. `undefined`: nobody noted which it was. */
  wantsBlobsOf(document: DocumentId | undefined): boolean;
}

export const WANTS_ALL: Wants = { wantsDocument: () => true, wantsBlobsOf: () => true };
