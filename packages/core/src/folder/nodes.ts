/**
 * A folder by identity: what a projection of it (the mirror, a user interface) works with. A path is only how a node is
 * shown at a moment; every operation here names nodes, and only `create` makes an identity.
 */
import type { Listeners, NodeId } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import type { StoreOperation } from '../log/index.ts';
import type { FileContent, NodeKind, ShownNode } from '../model/index.ts';
import type { Heads } from '../protocol/index.ts';

export type NodeOperation =
  | {
      readonly type: 'create';
      /** From `newNodeId` or `importId`, so that operations of the same call can name it as a parent. */
      readonly id: NodeId;
      readonly parent: NodeId;
      readonly name: string;
      readonly kind: NodeKind;
      /** What a file holds first, and where a symbolic link leads (as text). A blob is in `folder.blobs` already, or the call fails with BLOB_NOT_FOUND. */
      readonly content?: FileContent;
      /** The digest of the content's bytes, as `contentDigest` gives it; empty for none. */
      readonly digest: string;
      readonly executable?: boolean;
      /** The id came from `importId`: the first content is written so that another device's import of it is the same. */
      readonly imported?: boolean;
    }
  /**
   * What the saver was shown are these heads of the file's document; only differences from that are written. A file that was
   * removed comes back with them: who removed it had not seen them.
   */
  | { readonly type: 'save'; readonly id: NodeId; readonly content: FileContent; readonly shown: Heads }
  /** Moves, renames, or both; what was removed comes back there, a directory without what was removed with it. */
  | { readonly type: 'place'; readonly id: NodeId; readonly parent: NodeId; readonly name: string }
  /**
   * Brings back what was removed to where it was, a directory with all that was removed with it, beside whatever has its name there
   * now. It is one write, however much comes back.
   */
  | { readonly type: 'restore'; readonly id: NodeId }
  /**
   * Somebody made a file anew that is shown where he did, with a content that it has or had: a removal that has not seen this does not
   * hold. What was removed comes back.
   */
  | { readonly type: 'keep'; readonly id: NodeId }
  /**
   * Exactly these nodes. What is not named and lives inside a named directory stays, and keeps the directory. So does a file in
   * `shown` of which more is known by then than these heads of its document: whoever removes it has not seen that.
   */
  | {
      readonly type: 'remove';
      readonly ids: readonly NodeId[];
      readonly shown?: ReadonlyMap<NodeId, Heads>;
    }
  /**
   * The shown content of a file in conflict, by somebody who was shown no other: another takes its place, and what is left stays
   * listed. Of a file with one content it is the file. If more is known by then than these heads of its document, it stays.
   */
  | { readonly type: 'removeShown'; readonly id: NodeId; readonly shown: Heads }
  /**
   * A person's choice between the contents of a file in conflict: `keep` is `shown`, or the id of another. All that are known here are
   * settled by it. If the document has other heads by then, nothing is, and the file stays.
   */
  | { readonly type: 'resolve'; readonly id: NodeId; readonly keep: string; readonly shown: Heads }
  | { readonly type: 'executable'; readonly id: NodeId; readonly executable: boolean };

export interface ApplyResult {
  /**
   * Of each file created or saved: the heads of its document with this operation in it, to save against next. Where the saver is
   * shown what no state of the document is, they equal those of none.
   */
  readonly heads: ReadonlyMap<NodeId, Heads>;
  /** Operations that could not be done, by their place in the list. The others were done. */
  readonly failures: ReadonlyMap<number, EvermeshError>;
  /** Files that a removal or a choice named and that stay as they are, because of what whoever meant it had not been shown. */
  readonly stayed: ReadonlySet<NodeId>;
}

export interface ApplyOptions {
  /** Rows that become durable in the same batch as the operations' records, or not at all. */
  readonly beside?: (result: ApplyResult) => readonly StoreOperation[];
}

/** A file's content, and what it was read from. */
export interface NodeContent {
  readonly content: FileContent;
  /** The document's heads this content was read at: durable here. */
  readonly heads: Heads;
  /** Contents made at the same time by others, kept and not shown. */
  readonly others: readonly { readonly id: string; readonly content: FileContent }[];
}

export interface FolderNodes {
  /**
   * Whether the tree has been here as far as any peer had told of it. Until then there is nothing to project, and `apply`
   * refuses; from then on everything works without a peer.
   */
  readonly ready: boolean;
  /** Why nothing of it is to be shown, or changed, whatever arrives: FORMAT_TOO_NEW. `changed` tells when that comes up. */
  readonly failure: EvermeshError | undefined;
  /**
   * Something shown changed: nodes created, renamed, moved, removed, or their content. What others did is told when it is durable; what
   * was done here when it is done, and of files once more when it is durable.
   */
  readonly changed: Listeners<readonly NodeId[]>;
  node(id: NodeId): ShownNode | undefined;
  children(parent: NodeId): ShownNode[];
  /** Every visible node, parents before their children. */
  all(): Iterable<ShownNode>;
  pathOf(id: NodeId): string;
  /** Names with equal keys cannot stand in one directory of this folder. */
  nameKey(name: string): string;
  /** Shown under another name than their own, because a sibling has it. */
  nameConflicts(): ShownNode[];
  /** The heads of a file's document as durable here; equal heads are equal content. */
  headsOf(id: NodeId): Heads;
  /** Whether a peer told of more of a file's document than is here: what `content` gives may be older than what was here once. */
  isAwaited(id: NodeId): boolean;
  /** `undefined` while the first content, or a blob the shown version names, is not here. */
  content(id: NodeId): Promise<NodeContent | undefined>;
  /**
   * Whether that is all here, up to what any peer told of, contents in conflict as well; of a directory always. Asking for `content` has the
   * shown one fetched, this nothing.
   */
  isHere(id: NodeId): Promise<boolean>;
  /** The heads at which this file had content with this digest, if it ever had: newest first. */
  headsOfVersion(id: NodeId, digest: string): Promise<Heads | undefined>;
  newNodeId(): NodeId;
  /**
   * The id of what is found at a path by an import: the same on every device for equal path, kind and digest, and not
   * to be guessed by others. Random when such a node exists or existed.
   */
  importId(path: string, kind: NodeKind, digest: string): NodeId;
  /**
   * Does the operations in order, as one atomic group of records in one synced batch; resolves when durable.
   * Not more than 1,000 operations, or 13 MiB, at once: the bytes of texts, and 120 for each node to remove. Of one file not more than 11 MiB
   * of text.
   * @throws CONTENT_TOO_LARGE for more, FOLDER_NOT_READY; DEVICE_FORKED when another device claims to stand for records that
   * this run has yet to write
   */
  apply(operations: readonly NodeOperation[], options?: ApplyOptions): Promise<ApplyResult>;
  /** The rows of an area, kept by `apply`'s `beside` or `keep`; keys relative to the area. */
  rows(area: string): AsyncIterable<[string, Uint8Array]>;
  /** A row's operation for `beside` or `keep`; without a value it deletes. */
  row(area: string, key: string, value?: Uint8Array): StoreOperation;
  /**
   * For `beside` or `keep`: whoever showed a file as it was at these heads, and saved it, shows it so no more. What was kept to
   * find his next save by goes.
   */
  shownNoMore(id: NodeId, heads: Heads): StoreOperation;
  /**
   * Whoever shows files, and remembers by heads as what, is asked before older records go, until the returned function is called. Who has rows
   * in the store and does not say this keeps all records.
   * @param isShown whether a file is shown as it was before these heads
   */
  shows(isShown: (id: NodeId, covers: Heads) => boolean): () => void;
  /** Commits rows alone, durable when it resolves. */
  keep(rows: readonly StoreOperation[]): Promise<void>;
}
