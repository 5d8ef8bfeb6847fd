/** Everything that was written anywhere: each author's records of each document, which arrive everywhere in this order. */
import type { AuthorId, DocumentId } from '../../base/index.ts';
import type { Seeded } from '@evermesh/testkit/tree';
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

  /**
   * Gives somebody all that there is, or of each lane as much as `upTo` says: documents in any order, each author's records of one in
   * theirs.
   */
  async giveAll(
    replica: TreeReplica,
    random: Seeded,
    upTo: (lane: Lane) => number = () => Infinity,
  ): Promise<void> {
    const waiting = this.waitingFor(replica);
    while (waiting.length > 0) {
      const [{ lane, next }] = waiting.splice(random.below(waiting.length), 1) as [(typeof waiting)[number]];
      const most = upTo(lane);
      const records = lane.records.slice(next).filter(({ header }) => header.counter <= most);
      if (records.length > 0) await replica.receive(records);
    }
  }
}
