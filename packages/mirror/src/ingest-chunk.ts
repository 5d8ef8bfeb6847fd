/**
 * Operations that are done in one call, each with the ancestor's entries it moves. Both are one batch of the store:
 * after a crash either a save is in the log and the ancestor knows it, or neither, and the next scan finds it again.
 */
import {
  type EvermeshError,
  type FileContent,
  type FolderNodes,
  type Heads,
  type NodeId,
  type NodeOperation,
} from '@evermesh/core';
import { LIMITS } from '@evermesh/core/protocol';
import type { Ancestor, AncestorChange, AncestorEntry } from './ancestor.ts';
import { syncDirectories } from './apply-world.ts';
import { type Disk, parentOf } from './disk.ts';
import type { MirrorEvent, Tell } from './mirror-event.ts';

const OPERATIONS = 500;
/** What a chunk weighs: characters of texts and bytes of small blobs, in memory until it is done. All of it fits in one call. */
const WEIGHT = 4 * 1024 * 1024;
/** What a removed node weighs: the folder counts as many bytes for it as for so many characters. */
const REMOVED_WEIGHT = 40;
/** Nodes of one operation that removes them: as many as the folder removes at once when a path is. */
export const REMOVED_AT_ONCE = 50_000;

/** What an operation makes of an entry, given what those before made of it and the heads it led to. */
export interface EntryChange {
  readonly id: NodeId;
  readonly to: (now: AncestorEntry | undefined, heads: Heads | undefined) => AncestorEntry | undefined;
}

export interface ChunkItem {
  /** Without one, only the ancestor changes. */
  readonly operation?: NodeOperation;
  readonly changes: readonly EntryChange[];
  readonly events?: readonly MirrorEvent[];
  readonly path: string;
  /** Resolves when the content that the operation names is durable: the operation is done after that. */
  readonly keep?: () => Promise<unknown>;
}

/** That a file was saved, by somebody who was shown it at these heads. */
export const saved = (
  id: NodeId,
  shown: Heads,
  content: FileContent,
  path: string,
): Pick<ChunkItem, 'operation' | 'events'> => ({
  operation: { type: 'save', id, content, shown },
  events: [{ type: 'change', direction: 'in', change: 'edited', path }],
});

interface ChunkWorld {
  readonly nodes: FolderNodes;
  readonly ancestor: Ancestor;
  readonly disk: Disk;
  readonly tell: Tell;
}

export class IngestChunk {
  readonly #nodes: FolderNodes;
  readonly #ancestor: Ancestor;
  readonly #disk: Disk;
  readonly #tell: Tell;
  readonly #refused: (path: string, error: EvermeshError) => void;
  readonly #stayed: (id: NodeId) => void;
  #items: ChunkItem[] = [];
  #weight = 0;
  readonly #leaving = new Set<NodeId>();
  /** Operations done so far, by all chunks. */
  done = 0;
  /** Calls so far: what was read of the folder before the last one may be something else now. */
  flushes = 0;

  constructor(
    { nodes, ancestor, disk, tell }: ChunkWorld,
    told: {
      readonly refused: (path: string, error: EvermeshError) => void;
      /** It is removed on disk, and more of it is known than the disk showed. */
      readonly stayed: (id: NodeId) => void;
    },
  ) {
    this.#nodes = nodes;
    this.#ancestor = ancestor;
    this.#disk = disk;
    this.#tell = tell;
    this.#refused = told.refused;
    this.#stayed = told.stayed;
  }

  /** Nodes whose places become free by what waits here. */
  get leaving(): ReadonlySet<NodeId> {
    return this.#leaving;
  }

  async add(item: ChunkItem): Promise<void> {
    const { operation } = item;
    const weight = weightOf(operation);
    const isFull = this.#weight > 0 && this.#weight + weight > WEIGHT;
    if (this.#items.length >= OPERATIONS || isFull) await this.flush();
    this.#items.push(item);
    this.#weight += weight;
    if (operation?.type === 'remove') for (const id of operation.ids) this.#leaving.add(id);
    else if (operation?.type === 'place') this.#leaving.add(operation.id);
  }

  async flush(): Promise<void> {
    const items = this.#items;
    if (items.length === 0) return;
    this.#items = [];
    this.#weight = 0;
    this.#leaving.clear();
    this.flushes += 1;
    await syncDirectories(this.#disk, directoriesOf(items));
    await Promise.all(items.map(async ({ keep }) => keep?.()));
    const working = items.filter(({ operation }) => operation !== undefined);
    if (working.length === 0) {
      const changes = this.#changes(items, new Map());
      await this.#nodes.keep(this.#ancestor.rows(changes));
      this.#ancestor.took(changes);
      return this.#report(items);
    }
    let changes: AncestorChange[] = [];
    const operations = working.map(({ operation }) => operation as NodeOperation);
    const { failures, stayed } = await this.#nodes.apply(operations, {
      beside: (result) => {
        const failed = new Set([...result.failures.keys()].map((index) => working[index]));
        const done = items.filter((item) => !failed.has(item));
        changes = this.#changes(done, result.heads);
        return this.#ancestor.rows(changes);
      },
    });
    this.#ancestor.took(changes);
    this.done += working.length - failures.size;
    for (const id of stayed) this.#stayed(id);
    for (const [index, error] of failures) this.#refused((working[index] as ChunkItem).path, error);
    this.#report(items.filter((item) => ![...failures.keys()].some((index) => working[index] === item)));
  }

  #changes(items: readonly ChunkItem[], heads: ReadonlyMap<NodeId, Heads>): AncestorChange[] {
    const entries = new Map<NodeId, AncestorEntry | undefined>();
    for (const { id, to } of items.flatMap(({ changes }) => changes)) {
      entries.set(id, to(entries.has(id) ? entries.get(id) : this.#ancestor.get(id), heads.get(id)));
    }
    return [...entries].map(([id, entry]) => ({ id, entry }));
  }

  #report(items: readonly ChunkItem[]): void {
    for (const { events } of items) for (const event of events ?? []) this.#tell(event);
  }
}

/** Where names came or went: what is taken in has to be there after a power cut, and not to be what was before. */
function directoriesOf(items: readonly ChunkItem[]): Set<string> {
  const directories = new Set<string>();
  for (const { events, path } of items) {
    if (path !== '') directories.add(parentOf(path));
    for (const event of events ?? []) {
      if (event.type !== 'change') continue;
      directories.add(parentOf(event.path));
      if (event.from !== undefined) directories.add(parentOf(event.from));
    }
  }
  return directories;
}

function weightOf(operation: NodeOperation | undefined): number {
  if (operation?.type === 'remove') return REMOVED_WEIGHT * operation.ids.length;
  if (operation?.type !== 'create' && operation?.type !== 'save') return 0;
  const { content } = operation;
  if (content?.kind === 'text') return content.text.length;
  return content !== undefined && content.size <= LIMITS.smallBlobBytes ? content.size : 0;
}
