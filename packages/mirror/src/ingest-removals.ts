/** What a person removed from the disk, as operations on the folder. */
import type { Ancestor, AncestorEntry } from './ancestor.ts';
import type { ChunkItem } from './ingest-chunk.ts';
import type { MirrorEvent } from './mirror-event.ts';

/** What goes together. More of a file may have arrived since that was planned, and while it waits for the disk: then it stays. */
export function removalOf(entries: readonly AncestorEntry[], ancestor: Ancestor): ChunkItem {
  const [first] = entries;
  return {
    path: (first && ancestor.pathOf(first.id)) ?? '',
    operation: {
      type: 'remove',
      ids: entries.map(({ id }) => id),
      shown: new Map(entries.filter(({ kind }) => kind !== 'directory').map(({ id, heads }) => [id, heads])),
    },
    changes: entries.map(({ id }) => ({ id, to: () => undefined })),
    events: entries.map((entry) => removed(ancestor.pathOf(entry.id) ?? entry.name)),
  };
}

/** What the disk showed of a file in conflict. */
export function removalOfShown({ id, heads, name }: AncestorEntry, ancestor: Ancestor): ChunkItem {
  const path = ancestor.pathOf(id) ?? name;
  const detail = 'Another version of it, made at the same time, takes its place.';
  return {
    path,
    operation: { type: 'removeShown', id, shown: heads },
    changes: [{ id, to: () => undefined }],
    events: [removed(path), { type: 'conflict', path, kind: 'content', detail }],
  };
}

const removed = (path: string): MirrorEvent => ({ type: 'change', direction: 'in', change: 'removed', path });
