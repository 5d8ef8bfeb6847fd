import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DocumentId } from '../base/index.ts';
import { SPANS } from './received-places.ts';
import { Withheld } from './withheld.ts';

const LAST = 400;

test('between the places that wait is every other one behind the first, the latest spans of that if they are many', () => {
  const place = fc.record({ document: fc.constantFrom('a', 'b'), seq: fc.integer({ min: 1, max: LAST }) });
  fc.assert(
    fc.property(fc.array(place, { maxLength: 300 }), fc.integer({ min: 0, max: LAST }), (added, seq) => {
      const withheld = new Withheld();
      for (const one of added) withheld.add(one.document as DocumentId, one.seq);
      const waits = new Set(added.map((one) => one.seq));
      const first = Math.min(...waits);
      expect(withheld.first).toBe(first);
      expect(withheld.documents).toEqual(new Set(added.map(({ document }) => document)));
      const spans = withheld.between(seq);
      expect(spans.length).toBeLessThanOrEqual(SPANS);
      const from = spans.length === SPANS ? (spans[0]?.from ?? 0) : 0;
      const told = spans.flatMap((span) =>
        Array.from({ length: span.to - span.from + 1 }, (_, i) => span.from + i),
      );
      const free = Array.from({ length: seq }, (_, i) => i + 1).filter(
        (one) => one > first && one >= from && !waits.has(one),
      );
      expect(told).toEqual(free);
      withheld.clear();
      expect([withheld.first, withheld.documents.size, withheld.between(seq)]).toEqual([Infinity, 0, []]);
    }),
    { numRuns: 200 },
  );
});
