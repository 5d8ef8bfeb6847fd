import { expect, test } from 'vitest';
import { ReceivedPlaces } from './received-places.ts';

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
  expect([2, 3, 5, 6, 8, 9].map((seq) => places.has(seq))).toEqual([false, true, true, false, true, false]);
});

test('what is at the peer goes on as far as nothing lies between', () => {
  const places = placesOf(3, 4, 6);
  expect([0, 1, 2, 3, 5, 9].map((seq) => places.beyond(seq))).toEqual([0, 1, 4, 4, 6, 9]);
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
  expect([places.has(71), places.has(73), places.has(199)]).toEqual([false, true, true]);
});
