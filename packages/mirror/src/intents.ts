/**
 * What the mirror is about to do on disk, durable before it is done. After a crash an intent tells the mirror's own work
 * from a person's: a file that arrived by a merge must not be taken for somebody's save of the same characters.
 */
import type { FolderNodes, Heads, NodeId, NodeKind } from '@evermesh/core';
import { fromUtf8, utf8 } from '@evermesh/core/base';
import type { Row } from './ancestor.ts';

interface Place {
  readonly id: NodeId;
  readonly parent: NodeId;
  /** As it will be on disk. */
  readonly name: string;
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
    })
  | (Place & { readonly type: 'move'; readonly replaces: NodeId | undefined })
  | (Place & { readonly type: 'remove' });

const AREA = 'mirror-intent';

export class Intents {
  readonly #nodes: FolderNodes;

  constructor(nodes: FolderNodes) {
    this.#nodes = nodes;
  }

  row(intent: Intent): Row {
    const heads = intent.type === 'write' ? { heads: [...intent.heads] } : {};
    return this.#nodes.row(AREA, intent.id, utf8(JSON.stringify({ ...intent, ...heads })));
  }

  /** It was done, or given up. */
  over(id: NodeId): Row {
    return this.#nodes.row(AREA, id);
  }

  /** What a run before this one left. */
  async left(): Promise<Intent[]> {
    const intents: Intent[] = [];
    for await (const [, value] of this.#nodes.rows(AREA)) {
      const read = JSON.parse(fromUtf8(value) ?? 'null') as Omit<Intent, 'heads'> & {
        heads?: [never, number][];
      };
      intents.push({
        ...read,
        ...(read.heads === undefined ? {} : { heads: new Map(read.heads) }),
      } as Intent);
    }
    return intents;
  }
}
