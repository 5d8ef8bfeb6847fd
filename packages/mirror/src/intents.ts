/**
 * What the mirror is about to do on disk, durable before it is done. After a crash an intent tells the mirror's own work
 * from a person's: a file that arrived by a merge must not be taken for somebody's save of the same characters.
 */
import type { FolderNodes, Heads, NodeId, NodeKind } from '@evermesh/core';
import { utf8 } from '@evermesh/core/base';
import type { AncestorEntry, Row } from './ancestor.ts';
import { keptJson } from './kept-json.ts';

interface Place {
  readonly id: NodeId;
  readonly parent: NodeId;
  /** As it will be on disk. */
  readonly name: string;
}

/** A content that waits beside its place, synced, as it was before anything was done with it. */
export interface Waiting extends Pick<AncestorEntry, 'size' | 'mtime' | 'ctime' | 'born' | 'inode'> {
  /** Path of it. It is removed only when its intent is over: as long as that is there, a name that is gone was used. */
  readonly path: string;
  /** `undefined` if an older version wrote it. */
  readonly permissions: number | undefined;
}

export type Intent =
  | (Place & {
      readonly type: 'write';
      readonly kind: NodeKind;
      readonly digest: string;
      readonly executable: boolean;
      readonly heads: Heads;
      /** Nodes whose file it takes the place of. */
      readonly replaces: NodeId | undefined;
      /** `undefined` if an older version wrote it. */
      readonly waiting: Waiting | undefined;
    })
  | (Place & { readonly type: 'move'; readonly replaces: NodeId | undefined })
  | (Place & {
      readonly type: 'remove';
      /** Of the file, before anything was done with it. `undefined` for a directory, and if an older version wrote it. */
      readonly permissions?: number | undefined;
    });

const AREA = 'mirror-intent';

export class Intents {
  readonly #nodes: FolderNodes;

  constructor(nodes: FolderNodes) {
    this.#nodes = nodes;
  }

  row(intent: Intent): Row {
    const heads = intent.type === 'write' ? { heads: [...intent.heads] } : {};
    return this.#nodes.row(AREA, intent.id, utf8(JSON.stringify({ ...intent, ...heads }, bigAsText)));
  }

  /** It was done, or given up. */
  over(id: NodeId): Row {
    return this.#nodes.row(AREA, id);
  }

  /** What a run before this one left. */
  async left(): Promise<Intent[]> {
    const intents: Intent[] = [];
    for await (const [key, value] of this.#nodes.rows(AREA)) {
      const read = keptJson(key, value) as unknown as Omit<Intent, 'heads' | 'waiting'> & {
        heads?: [never, number][];
        waiting?: Record<keyof Waiting, never>;
      };
      intents.push({
        ...read,
        ...(read.heads === undefined ? {} : { heads: new Map(read.heads) }),
        ...(read.waiting === undefined ? {} : { waiting: waitingOf(read.waiting) }),
      } as Intent);
    }
    return intents;
  }
}

const bigAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

const waitingOf = ({
  path,
  permissions,
  size,
  mtime,
  ctime,
  born,
  inode,
}: Record<keyof Waiting, never>): Waiting => ({
  path,
  permissions,
  size,
  mtime: BigInt(mtime),
  ctime: BigInt(ctime),
  born: BigInt(born),
  inode: BigInt(inode),
});
