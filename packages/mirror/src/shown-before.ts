/**
 * What the disk showed before the folder's store was repaired: of each file the content, and the heads it was of. Records may have been
 * lost with which a file on disk was in step; then the disk's content is a save of what is left, and not another file.
 *
 * The rows are those of the ancestor of that time. They are no ancestor any more: nothing is missed because of them.
 */
import type { FolderNodes, Heads, NodeId } from '@evermesh/core';
import { isEvermeshError } from '@evermesh/core/errors';
import { storedRow } from '@evermesh/core/log';
import { commonHeads } from '@evermesh/core/protocol';
import { ANCESTOR_AREA, type AncestorEntry, decodeEntry } from './ancestor-entry.ts';

const AREA = 'mirror-shown';

/** Rows of a damaged store that go over into a repaired one: from which area to which. */
export const CARRIED_AREA: { readonly from: string; readonly to: string } = { from: ANCESTOR_AREA, to: AREA };

export class ShownBefore {
  readonly #nodes: Pick<FolderNodes, 'row'>;
  readonly #entries = new Map<NodeId, Pick<AncestorEntry, 'digest' | 'heads'>>();
  #keys: string[] = [];

  constructor(nodes: Pick<FolderNodes, 'row'>) {
    this.#nodes = nodes;
  }

  static async load(nodes: FolderNodes): Promise<ShownBefore> {
    const shown = new ShownBefore(nodes);
    for await (const [key, row] of nodes.rows(AREA)) {
      shown.#keys.push(key);
      const entry = soundEntry(key as NodeId, row);
      if (entry?.kind === 'file') shown.#entries.set(entry.id, { digest: entry.digest, heads: entry.heads });
    }
    return shown;
  }

  /**
   * Where the disk showed this content of a file, and shows it still: what is left of the heads that it was of.
   * @param held what is here of the file's document
   */
  headsOf(id: NodeId, digest: string, held: Heads): Heads | undefined {
    const entry = this.#entries.get(id);
    return entry?.digest === digest ? commonHeads(entry.heads, held) : undefined;
  }

  /** Whether nobody asks any more. */
  get isOver(): boolean {
    return this.#keys.length === 0;
  }

  /** The rows that say that nobody asks any more. */
  over(): ReturnType<FolderNodes['row']>[] {
    const keys = this.#keys;
    this.#keys = [];
    this.#entries.clear();
    return keys.map((key) => this.#nodes.row(AREA, key));
  }
}

/** One that is damaged is not needed: its file counts as another one then. */
function soundEntry(id: NodeId, row: Uint8Array): AncestorEntry | undefined {
  try {
    return storedRow(id, row, (reader) => decodeEntry(id, reader));
  } catch (error) {
    if (isEvermeshError(error, 'STORE_CORRUPT') || isEvermeshError(error, 'FORMAT_TOO_NEW')) return undefined;
    throw error;
  }
}
