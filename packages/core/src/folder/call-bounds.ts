/** What one call may ask for. Its records are one atomic group: it must be readable again, and fit in one frame. */
import { type NodeId, utf8 } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { LIMITS } from '../protocol/index.ts';
import type { NodeOperation } from './nodes.ts';

const OPERATIONS = 1000;
const MEBIBYTE = 1024 * 1024;
/** What goes beside the bytes counted here fits in the rest of a frame. */
const BYTES = 13 * MEBIBYTE;
/** Of one file: what stands around the text fits in the rest of its record. */
const FILE_BYTES = LIMITS.recordBytes - MEBIBYTE;
/** What the tree's record says of one removed node, at most. Usual are 8 to 12. */
const REMOVED_BYTES = 120;

/** Nodes that are removed in one call when a path is. */
const REMOVED_AT_ONCE = 50_000;

/** @throws CONTENT_TOO_LARGE */
export function checkBounds(operations: readonly NodeOperation[]): void {
  let bytes = 0;
  const ofFiles = new Map<NodeId, number>();
  for (const operation of operations) {
    if (operation.type === 'remove') bytes += REMOVED_BYTES * operation.ids.length;
    else if (operation.type === 'create' || operation.type === 'save') {
      const { id } = operation;
      const more = textBytes(operation);
      bytes += more;
      ofFiles.set(id, (ofFiles.get(id) ?? 0) + more);
    }
  }
  const fit = [...ofFiles.values()].every((one) => one <= FILE_BYTES);
  if (operations.length <= OPERATIONS && bytes <= BYTES && fit) return;
  throw new EvermeshError(
    'CONTENT_TOO_LARGE',
    fit
      ? 'More than fits in one call: apply fewer operations at once.'
      : 'More text of one file than one call takes (11 MiB): store it as bytes.',
    {
      details: { operations: operations.length, bytes },
    },
  );
}

/** Parts to be removed one after the other. What lies deepest goes first: a directory goes when nothing is left in it. */
export function* removalsOf(ids: readonly NodeId[], atOnce: number = REMOVED_AT_ONCE): Generator<NodeId[]> {
  for (let end = ids.length; end > 0; end -= atOnce) yield ids.slice(Math.max(0, end - atOnce), end);
}

function textBytes({ content }: Extract<NodeOperation, { type: 'create' | 'save' }>): number {
  return content?.kind === 'text' && typeof content.text === 'string' ? utf8(content.text).byteLength : 0;
}
