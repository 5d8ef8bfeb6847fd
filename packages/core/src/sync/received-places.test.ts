import { expect, test } from 'vitest';
import type { DocumentId } from '../base/index.ts';
import { emptyIndex } from '../log/index.ts';
import { ReceivedPlaces } from './received-places.ts';

const DOCUMENT = 'a' as DocumentId;

/** In which a state stands for what was there up to a place. */
const logWith = (floor: number): Parameters<ReceivedPlaces['holds']>[0] => ({
  document: () => ({
    ...emptyIndex(DOCUMENT),
    compacted: { stateBytes: 1, seq: floor, records: floor, bytes: 1, floor, open: [] },
  }),
});

const heldOf = (places: ReceivedPlaces, seqs: readonly number[], floor = 0): boolean[] =>
  seqs.map((seq) => places.holds(logWith(floor), DOCUMENT, seq));

const placesOf = (...seqs: number[]): ReceivedPlaces => {
  const places = new ReceivedPlaces();
  for (const seq of seqs) places.add(seq);
  return places;
};

test('places behind each other are one span, and each of them is there', () => {
  const places = placesOf(3, 4, 5, 8);
  expect(places.behind(0)).toEqual([
    { from: 3, to: 5 },
    { from: 8, to: 8 },
  ]);
  expect(heldOf(places, [2, 3, 5, 6, 8, 9])).toEqual([false, true, true, false, true, false]);
});

test('what goes beyond a place stays when that is forgotten', () => {
  const places = placesOf(1, 3, 4, 6);
  places.forget(3);
  expect(places.behind(0)).toEqual([
    { from: 3, to: 4 },
    { from: 6, to: 6 },
  ]);
});

test('of very many spans the oldest are given up', () => {
  const places = placesOf(...Array.from({ length: 100 }, (_, i) => 2 * i + 1));
  expect(places.behind(0)).toHaveLength(64);
  expect(heldOf(places, [71, 73, 199])).toEqual([false, true, true]);
});

test('who filled a place need not have all for which a state stands that is there now', () => {
  expect(heldOf(placesOf(3, 4, 5), [3, 4, 5], 4)).toEqual([true, false, true]);
});
