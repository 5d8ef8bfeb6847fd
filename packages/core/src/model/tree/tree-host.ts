import type { DocumentId, NodeId } from '../../base/index.ts';
import type { Heads } from '../../protocol/index.ts';

/** What the tree has to know of the device and of the folder around it. */
export interface TreeHost {
  /** Ten hexadecimal digits of the device, in lower case. */
  readonly tag: string;
  newNodeId(): NodeId;
  /** What is held or told of a document. When it grows, say so with `documentsChanged`. */
  documentHeads(document: DocumentId): Heads;
}
