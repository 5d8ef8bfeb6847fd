/** Worlds whose devices let old versions go. */
import type { HistoryPolicy } from '@evermesh/core';
import type { Profile } from './profile.ts';
import { DISK_WEIGHTS, FOLDER_WEIGHTS, LATECOMERS } from './weights.ts';

/** A few versions of the last minutes: worlds are short, and what goes with time alone has gone before a world is watched for silence. */
const SHORT_HISTORY: HistoryPolicy = {
  everything: 30_000,
  thinned: [
    { every: 30_000, for: 120_000 },
    { every: 120_000, for: 240_000 },
  ],
};

export const HISTORY_PROFILES: Readonly<Record<string, Profile>> = {
  history: {
    name: 'history',
    latecomers: true,
    relays: 2,
    keep: 30_000,
    history: SHORT_HISTORY,
    weights: {
      ...FOLDER_WEIGHTS,
      // Not tried yet: blobs that only one of the relays has.
      attach: 0,
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
    },
  },
  'disk history': {
    name: 'disk history',
    mirrors: true,
    history: SHORT_HISTORY,
    weights: {
      ...DISK_WEIGHTS,
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
      rest: 1,
      'long wait': 3,
    },
  },
};
