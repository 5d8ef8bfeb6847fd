/** Which records of the own log a peer is sent, in one pass from a place to the end. */
import type { DocumentId } from '../base/index.ts';
import type { DocumentIndex } from '../log/index.ts';
import { covers, type Heads } from '../protocol/index.ts';

export interface Walk {
  /** Begin behind this place. */
  readonly from: number;
  /** Records behind this place are sent, but for those that came from the peer. */
  readonly floor: number;
  /** Of these documents records up to `boundary` are sent, wherever they came from. */
  readonly lacking: ReadonlySet<DocumentId>;
  readonly boundary: number;
  /** What the peer is known to hold already. */
  readonly known: ReadonlyMap<DocumentId, Heads>;
}

/** Over the records behind a place. */
export const plainWalk = (from: number, known: ReadonlyMap<DocumentId, Heads> = new Map()): Walk => ({
  from,
  floor: from,
  lacking: new Set(),
  boundary: 0,
  known,
});

/** The walk that gives the peer what it lacks of these documents. */
export function comparingWalk(
  documents: Iterable<DocumentIndex>,
  known: ReadonlyMap<DocumentId, Heads>,
  boundary: number,
): Walk {
  const lacking = new Set<DocumentId>();
  for (const { document, heads } of documents) {
    const announced = known.get(document);
    if (announced === undefined || !covers(announced, heads)) lacking.add(document);
  }
  return { from: lacking.size > 0 ? 0 : boundary, floor: boundary, lacking, boundary, known };
}
