/**
 * The root maps of a tree's document: flat, keyed by node, never nested. A map inside a map would lose what one side
 * wrote when two devices make it at the same time, and would cost four times the memory.
 */
import type * as Y from 'yjs';
import type { NodeId } from '../../base/index.ts';

export class TreeMaps {
  readonly doc: Y.Doc;
  readonly created: Y.Map<unknown>;
  readonly placed: Y.Map<unknown>;
  readonly named: Y.Map<unknown>;
  /** By `node~tag`: a single writer for each key, so that no device overwrites what another's deletion had seen. */
  readonly deletions: Y.Map<unknown>;
  /** By operation: the heads of the folder that whoever deleted had seen. */
  readonly seen: Y.Map<unknown>;
  readonly executable: Y.Map<unknown>;
  readonly metadata: Y.Map<unknown>;

  constructor(doc: Y.Doc) {
    this.doc = doc;
    this.created = doc.getMap('c');
    this.placed = doc.getMap('p');
    this.named = doc.getMap('n');
    this.deletions = doc.getMap('x');
    this.seen = doc.getMap('d');
    this.executable = doc.getMap('e');
    this.metadata = doc.getMap('m');
  }

  /** Maps whose keys are nodes. */
  get ofNodes(): Y.Map<unknown>[] {
    return [this.created, this.placed, this.named, this.executable];
  }
}

export const deletionKey = (id: NodeId, tag: string): string => `${id}~${tag}`;

/** The node and the tag; a key without both yields an empty tag. */
export function splitDeletionKey(key: string): { id: string; tag: string } {
  const at = key.lastIndexOf('~');
  return at < 0 ? { id: key, tag: '' } : { id: key.slice(0, at), tag: key.slice(at + 1) };
}
