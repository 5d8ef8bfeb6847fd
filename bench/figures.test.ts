/** What the table says of a figure is true. */
import { describe, expect, test } from 'vitest';
import { EVERMESH, type Figure, Figures } from './figures.ts';

function measured(own: readonly number[], peer: readonly number[]): Figures {
  const figures = new Figures();
  for (const value of own) figures.add('first sync', EVERMESH, 's', value);
  for (const value of peer) figures.add('first sync', 'syncthing', 's', value);
  return figures;
}

const own = (figures: Figures): Figure => figures.find('first sync', EVERMESH)!;

describe('figures', () => {
  test('a ratio divides medians, so that one slow run does not decide', () => {
    const figures = measured([1, 2, 90], [4, 4, 4]);
    expect(figures.ratio(figures.find('first sync', 'syncthing')!)).toBe(0.5);
    expect(figures.ratio(own(figures))).toBeUndefined();
  });

  test('a share of a peer is met up to its bound and missed beyond', () => {
    const [met, missed] = [measured([2], [4]), measured([2.1], [4])];
    for (const figures of [met, missed]) figures.reach('first sync', { atMost: 0.5, timesOf: 'syncthing' });
    expect(met.verdict(own(met))).toEqual({ reach: '<= 0.5x syncthing', isMet: true });
    expect(missed.verdict(own(missed))?.isMet).toBe(false);
  });

  test('without its peer a share is neither met nor missed', () => {
    const figures = measured([2], []);
    figures.reach('first sync', { atMost: 0.5, timesOf: 'syncthing' });
    expect(figures.verdict(own(figures))).toBeUndefined();
  });
});
