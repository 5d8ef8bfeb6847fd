/** Kinds of worlds: what is in them, and how often each kind of step happens. */
import type { StepType } from './script.ts';
import { DISK_WEIGHTS, FOLDER_WEIGHTS, LATECOMERS } from './weights.ts';

export interface Profile {
  readonly name: string;
  /** How often each kind of step is drawn, in proportion; kinds that are missing never are. */
  readonly weights: Readonly<Partial<Record<StepType, number>>>;
  /** The devices mirror directories. */
  readonly mirrors?: boolean;
  /** Their file systems are of several kinds. */
  readonly fileSystems?: boolean;
  /** Some devices join later, as steps have it. */
  readonly latecomers?: boolean;
  /** Default: 1. With more, a device visits one of them, several, or all. */
  readonly relays?: number;
}

export const PROFILES: Readonly<Record<string, Profile>> = {
  calm: { name: 'calm', latecomers: true, weights: { ...FOLDER_WEIGHTS, ...LATECOMERS } },
  network: {
    name: 'network',
    weights: { ...FOLDER_WEIGHTS, 'cut off': 4, 'reach again': 5, 'break lines': 4, 'long wait': 1 },
  },
  tree: {
    name: 'tree',
    // Few directories, moved again and again by people who are long apart: some end up in each other.
    weights: {
      create: 6,
      edit: 25,
      mkdir: 8,
      rename: 5,
      move: 80,
      remove: 4,
      'cut off': 12,
      'reach again': 4,
    },
  },
  kills: {
    name: 'kills',
    // The relay ends in good order only: after any other end everything is compared, which mends what devices forgot.
    weights: {
      ...FOLDER_WEIGHTS,
      start: 8,
      kill: 4,
      'kill later': 6,
      'cut off': 2,
      'reach again': 3,
      'break lines': 6,
    },
  },
  backups: {
    name: 'backups',
    // Set back to a backup that was made of a relay at rest, as backups are: it does not know that it was set back.
    weights: {
      ...FOLDER_WEIGHTS,
      'cut off': 2,
      'reach again': 3,
      'relay stop': 6,
      'relay start': 8,
      'relay back up at rest': 6,
      'relay restore': 3,
    },
  },
  relays: {
    name: 'relays',
    latecomers: true,
    relays: 2,
    weights: {
      ...FOLDER_WEIGHTS,
      // Not tried yet: blobs that only one of the relays has.
      attach: 0,
      ...LATECOMERS,
      visit: 8,
      stop: 2,
      start: 6,
      'kill later': 1,
      'cut off': 2,
      'reach again': 3,
      'break lines': 2,
      'relay stop': 1,
      'relay start': 6,
      'relay kill later': 1,
      'relay back up': 1,
      'relay restore': 1,
      'relay wipe': 1,
      rest: 1,
    },
  },
  disks: {
    name: 'disks',
    mirrors: true,
    fileSystems: true,
    latecomers: true,
    weights: {
      ...DISK_WEIGHTS,
      ...LATECOMERS,
      'copy directory': 1,
      create: 2,
      edit: 10,
      move: 2,
      remove: 1,
    },
  },
  echoes: {
    name: 'echoes',
    mirrors: true,
    fileSystems: true,
    latecomers: true,
    // Nothing goes wrong: a device that writes while only another one's person works was asked by nobody.
    weights: { ...DISK_WEIGHTS, 'disk chmod': 8, 'join at rest': 1, 'work alone': 3 },
  },
  rights: {
    name: 'rights',
    mirrors: true,
    // Nobody removes anything: then whatever is gone was lost.
    weights: {
      'disk create': 12,
      'disk edit': 45,
      'disk mkdir': 6,
      'right is taken': 8,
      'rights are given': 4,
    },
  },
  hostile: {
    name: 'hostile',
    weights: {
      ...FOLDER_WEIGHTS,
      'hostile replay': 8,
      'hostile forge': 8,
      'hostile fork': 3,
      'hostile babble': 6,
      start: 4,
      kill: 1,
      'cut off': 2,
      'reach again': 3,
      'break lines': 2,
    },
  },
  restores: {
    name: 'restores',
    weights: {
      ...FOLDER_WEIGHTS,
      remove: 14,
      restore: 14,
      kill: 1,
      start: 4,
      'cut off': 4,
      'reach again': 4,
    },
  },
  clones: {
    name: 'clones',
    weights: {
      ...FOLDER_WEIGHTS,
      clone: 2,
      stop: 2,
      start: 8,
      kill: 2,
      'kill later': 2,
      'cut off': 3,
      'reach again': 4,
      'relay kill': 1,
      'relay start': 4,
      'wrong clock': 1,
    },
  },
  'disk clones': {
    name: 'disk clones',
    mirrors: true,
    weights: {
      ...DISK_WEIGHTS,
      edit: 10,
      clone: 1,
      stop: 2,
      start: 8,
      kill: 1,
      'cut off': 2,
      'reach again': 3,
      'wrong clock': 1,
    },
  },
  links: {
    name: 'links',
    mirrors: true,
    weights: {
      ...DISK_WEIGHTS,
      'disk edit': 25,
      'disk link': 10,
      'disk relink': 20,
      'disk link or file': 8,
      move: 3,
      remove: 2,
      rename: 2,
      kill: 2,
      start: 6,
      'cut off': 2,
      'reach again': 3,
    },
  },
  'bad disks': {
    name: 'bad disks',
    mirrors: true,
    weights: {
      ...DISK_WEIGHTS,
      edit: 10,
      'disk goes wrong': 6,
      'disk is full': 2,
      'disk is well': 5,
      'store is full': 1,
      'store has room': 2,
      start: 8,
      'wrong clock': 0.5,
    },
  },
  'full stores': {
    name: 'full stores',
    weights: {
      ...FOLDER_WEIGHTS,
      'store is full': 2,
      'store has room': 3,
      'relay store is full': 2,
      'relay store has room': 3,
      start: 6,
      'relay start': 6,
    },
  },
  crashes: {
    name: 'crashes',
    mirrors: true,
    // Two write to few files, and programs are killed beside a call: some of them between a file and the note that it is there.
    weights: {
      'disk create': 4,
      'disk edit': 45,
      'disk slow edit': 5,
      edit: 40,
      start: 8,
      'kill later': 12,
    },
  },
  'disk kills': {
    name: 'disk kills',
    mirrors: true,
    weights: { ...DISK_WEIGHTS, edit: 10, start: 8, kill: 8 },
  },
  'disk faults': {
    name: 'disk faults',
    mirrors: true,
    latecomers: true,
    weights: {
      ...DISK_WEIGHTS,
      ...LATECOMERS,
      'copy directory': 1,
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
      rest: 0.5,
      'long wait': 0.5,
    },
  },
  faults: {
    name: 'faults',
    latecomers: true,
    weights: {
      ...FOLDER_WEIGHTS,
      ...LATECOMERS,
      stop: 2,
      start: 6,
      kill: 1,
      'kill later': 3,
      'power cut': 2,
      'cut off': 2,
      'reach again': 3,
      'break lines': 2,
      'back up': 1,
      'roll back': 1,
      'disk fails': 1,
      'wrong clock': 1,
      'relay stop': 1,
      'relay start': 5,
      'relay kill': 1,
      'relay kill later': 2,
      'relay power cut': 1,
      'relay back up': 1,
      'relay restore': 1,
      'relay wipe': 0.5,
      rest: 1,
      'long wait': 0.5,
    },
  },
};
