/**
 * Steps in the order of `placeOrder`, done one by one on places: each finds its place free, none is done twice, and
 * whatever was put aside comes to its place.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeOrder, type Wait } from './place-order.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 40) * 25;
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

interface Step {
  readonly type: 'move' | 'aside';
  readonly node: number;
  readonly to: number;
}

test('every exchange of places can be done, with at most one put aside for each circle', () => {
  let circles = 0;
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 12 }), (targets) => {
      // Node i stands at place i and goes to targets[i]: no two to the same.
      const moves = targets.flatMap((to, node): Step[] => (to === node ? [] : [{ type: 'move', node, to }]));
      const at = (place: number): Step | undefined => moves.find(({ node }) => node === place);
      function* waits(step: Step): Iterable<Wait<Step>> {
        const holder = step.type === 'move' ? at(step.to) : undefined;
        if (holder !== undefined) yield { step: holder, until: 'left' };
      }
      const ordered = placeOrder(moves, waits, (step): Step => ({ ...step, type: 'aside' }));
      const places = new Map(targets.map((_, node) => [node, node]));
      const aside = new Set<number>();
      for (const { type, node, to } of ordered) {
        if (type === 'aside') {
          places.delete(node);
          aside.add(node);
          circles++;
          continue;
        }
        // Somebody who stays may hold the place: that is no matter of the order.
        if (at(to) !== undefined) expect(places.get(to)).toBeUndefined();
        if (!aside.delete(node)) places.delete(node);
        places.set(to, node);
      }
      expect(aside.size).toBe(0);
      expect(ordered.filter(({ type }) => type === 'move')).toHaveLength(moves.length);
      for (const { node, to } of moves) expect(places.get(to)).toBe(node);
    }),
    PARAMETERS,
  );
  expect(circles).toBeGreaterThan(0);
});

test('a directory arrives before what goes into it, also when that stands where the directory goes', () => {
  const directory: Step = { type: 'move', node: 1, to: 2 };
  const file: Step = { type: 'move', node: 2, to: 3 };
  function* waits(step: Step): Iterable<Wait<Step>> {
    if (step === file) yield { step: directory, until: 'arrived' };
    if (step === directory) yield { step: file, until: 'left' };
  }
  const aside = (step: Step): Step => ({ ...step, type: 'aside' });
  expect(placeOrder([file, directory], waits, aside)).toEqual([{ ...file, type: 'aside' }, directory, file]);
});
