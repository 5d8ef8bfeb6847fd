/** Everything that was written anywhere: each author's records of each document, which arrive everywhere in this order. */
import type { AuthorId, DocumentId } from '../../base/index.ts';
import type { LogRecord } from '../../protocol/index.ts';
import type { TreeReplica } from './tree-replica.ts';

export interface Lane {
  readonly author: AuthorId;
  readonly document: DocumentId;
  readonly records: LogRecord[];
}

/** A lane of which a replica lacks what stands from `next` on. */
export interface Waiting {
  readonly lane: Lane;
  readonly next: number;
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  get all(): Lane[] {
    return [...this.#lanes.values()];
  }

  keep(record: LogRecord): void {
    const { author, document } = record.header;
    const key = `${author} ${document}`;
    const lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, { author, document, records: [record] });
    else lane.records.push(record);
  }

  waitingFor(replica: TreeReplica): Waiting[] {
    const waiting: Waiting[] = [];
    for (const lane of this.#lanes.values()) {
      const held = replica.held(lane);
      const next = lane.records.findIndex(({ header }) => header.counter > held);
      if (next >= 0) waiting.push({ lane, next });
    }
    return waiting;
  }
}
