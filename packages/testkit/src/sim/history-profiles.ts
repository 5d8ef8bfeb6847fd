/** Worlds whose devices let old versions go. */
import type { HistoryPolicy } from '@evermesh/core';
import type { Profile } from './profile.ts';
import { DISK_WEIGHTS, FOLDER_WEIGHTS, LATECOMERS } from './weights.ts';

/** A few versions of the last minutes, and of more of them than a world takes to come to rest: those of before are looked at then. */
const SHORT_HISTORY: HistoryPolicy = {
  everything: 30_000,
  thinned: [
    { every: 30_000, for: 120_000 },
    { every: 120_000, for: 600_000 },
  ],
};

/** Milliseconds after which nothing of a history goes any more: neither the oldest versions, nor what they alone named. */
export const goneWithin = ({ everything, thinned }: HistoryPolicy): number =>
  Math.max(everything, ...thinned.map((versions) => versions.for)) + 4 * everything;

export const HISTORY_PROFILES: Readonly<Record<string, Profile>> = {
  history: {
    name: 'history',
    latecomers: true,
    relays: 2,
    keep: 30_000,
    history: SHORT_HISTORY,
    weights: {
      ...FOLDER_WEIGHTS,
      // Often onto a file that is there: what that was is collected when no version of it is kept any more.
      attach: 20,
      ...LATECOMERS,
      kill: 1,
      'power cut': 1,
      visit: 8,
      stop: 2,
      start: 6,
      'kill later': 1,
      'cut off': 2,
      'reach again': 3,
      'break lines': 2,
      'relay stop': 1,
      'relay start': 6,
      'relay kill later': 2,
      'relay power cut': 1,
      'relay back up': 1,
      'relay restore': 1,
      'relay wipe': 1,
      rest: 2,
      'long wait': 3,
      restore: 3,
      'wrong clock': 0.5,
    },
  },
  'disk history': {
    name: 'disk history',
    mirrors: true,
    history: SHORT_HISTORY,
    weights: {
      ...DISK_WEIGHTS,
      'disk attach': 20,
      edit: 10,
      move: 2,
      stop: 2,
      start: 8,
      kill: 2,
      'kill later': 4,
      'power cut': 2,
      'cut off': 2,
      'reach again': 3,
      'break lines': 2,
      'relay kill': 1,
      'relay start': 5,
      'relay wipe': 0.5,
      'wrong clock': 0.5,
      rest: 1,
      'long wait': 3,
    },
  },
};
