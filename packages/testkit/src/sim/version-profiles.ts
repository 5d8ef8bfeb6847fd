/** Worlds in which people go back to what files were. */
import type { Profile } from './profile.ts';
import { DISK_WEIGHTS, FOLDER_WEIGHTS, LATECOMERS } from './weights.ts';

export const VERSION_PROFILES: Readonly<Record<string, Profile>> = {
  versions: {
    name: 'versions',
    latecomers: true,
    weights: {
      ...FOLDER_WEIGHTS,
      ...LATECOMERS,
      create: 8,
      // By people who are apart: files with several contents.
      'attach over': 20,
      'restore version': 30,
      settle: 40,
      kill: 2,
      'kill later': 8,
      start: 10,
      'cut off': 6,
      'reach again': 6,
      'break lines': 2,
      rest: 2,
    },
  },
  'disk versions': {
    name: 'disk versions',
    mirrors: true,
    latecomers: true,
    weights: {
      ...DISK_WEIGHTS,
      ...LATECOMERS,
      edit: 10,
      'attach over': 20,
      'restore version': 30,
      settle: 40,
      kill: 2,
      'kill later': 2,
      start: 6,
      'cut off': 6,
      'reach again': 6,
      'break lines': 2,
      rest: 2,
    },
  },
};
