/** How often people do each thing, where nothing else is said. */
import type { StepType } from './script.ts';

type Weights = Readonly<Partial<Record<StepType, number>>>;

/** Devices that come later, while others go on or while nobody does. */
export const LATECOMERS: Weights = { join: 1, 'join at rest': 0.5 };
/** At a folder's API. */
export const FOLDER_WEIGHTS: Weights = {
  create: 12,
  edit: 50,
  rename: 8,
  move: 8,
  remove: 6,
  mkdir: 5,
  attach: 5,
  chmod: 2,
};

/** At a mirrored directory. */
export const DISK_WEIGHTS: Weights = {
  'disk create': 12,
  'disk edit': 45,
  'disk slow edit': 5,
  'disk rename': 8,
  'disk move': 8,
  'disk remove': 6,
  'disk mkdir': 4,
  'disk attach': 4,
  'disk chmod': 2,
};
