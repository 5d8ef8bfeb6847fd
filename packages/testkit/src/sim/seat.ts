/** Where somebody works with a folder through its API. */
import type { Folder, NodeId, ShownNode } from '@evermesh/core';
import type { Sight } from './observe.ts';
import type { Somebody } from './typing.ts';

export interface Seat extends Somebody {
  readonly folder: Folder;
  /** What he removed, and may want back. */
  readonly bin: Removal[];
  /** What files held when everybody had everything, for whoever removes what is not at his device. */
  readonly listed: Sight['files'];
}

/** What one person removed with one operation, and remembers. */
export interface Removal {
  /** Directories before what was in them. */
  readonly nodes: readonly ShownNode[];
  readonly texts: ReadonlyMap<NodeId, string>;
  /** As the ledger has it. */
  readonly how: string;
}
