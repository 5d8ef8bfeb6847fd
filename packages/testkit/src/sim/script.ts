/**
 * What people do and what befalls them, as a list of steps. A step draws its details from a stream of its own, so a script
 * from which steps were taken out still means the same: that is how a failure is made small.
 */

/** What a person does to a folder, through its API. */
export const FOLDER_STEPS = [
  'create',
  'edit',
  'rename',
  'move',
  'remove',
  'mkdir',
  'attach',
  'chmod',
  'restore',
  'restore version',
  'settle',
  'attach over',
] as const;
/** What a person, or a program of his, does to the files in a mirrored directory. */
export const DISK_STEPS = [
  'disk create',
  'disk edit',
  'disk slow edit',
  'disk rename',
  'disk move',
  'disk remove',
  'disk mkdir',
  'disk attach',
  'disk chmod',
  'disk link',
  'disk relink',
  'disk link or file',
  'disk restore',
] as const;
/** What befalls a device. */
const DEVICE_STEPS = [
  'stop',
  'start',
  'kill',
  'kill later',
  'power cut',
  'cut off',
  'reach again',
  'break lines',
  'back up',
  'roll back',
  'clone',
  'disk fails',
  'disk goes wrong',
  'disk is full',
  'disk is well',
  'store is full',
  'store has room',
  'right is taken',
  'rights are given',
  'wrong clock',
  'visit',
  'grant is taken',
  'grant is given back',
] as const;
/** What befalls a relay. */
const RELAY_STEPS = [
  'relay stop',
  'relay start',
  'relay kill',
  'relay kill later',
  'relay power cut',
  'relay back up',
  'relay back up at rest',
  'relay restore',
  'relay wipe',
  'relay store is full',
  'relay store has room',
  'relay has a quota',
  'relay has no quota',
] as const;
/** What somebody on the wire does who means no good. */
const HOSTILE_STEPS = [
  'hostile replay',
  'hostile forge',
  'hostile fork',
  'hostile state',
  'hostile babble',
] as const;
/** What befalls everybody. */
const WORLD_STEPS = ['rest', 'long wait', 'copy directory', 'join', 'join at rest', 'work alone'] as const;

export type FolderStep = (typeof FOLDER_STEPS)[number];
export type DiskStep = (typeof DISK_STEPS)[number];
export type HostileStep = (typeof HOSTILE_STEPS)[number];
export type StepType =
  | FolderStep
  | DiskStep
  | (typeof DEVICE_STEPS)[number]
  | (typeof RELAY_STEPS)[number]
  | HostileStep
  | (typeof WORLD_STEPS)[number];

export interface Step {
  /** Names the stream of random numbers that the step draws from, as one of the seed's. */
  readonly id: number;
  /** Its stream by a whole name, whatever the seed. */
  readonly stream?: string;
  /** Milliseconds after the step before it. */
  readonly after: number;
  readonly type: StepType;
  /** Of a device or relay: counted from 0, modulo how many there are. */
  readonly who: number;
}

/** The `id` of what no step of a script began. */
export const NO_STEP = -1;

export const isDiskStep = (type: StepType): type is DiskStep =>
  (DISK_STEPS as readonly string[]).includes(type);

/** Nobody does anything before it, or after it until the world rests again. */
export const isQuietStep = (type: StepType): boolean => type === 'join at rest' || type === 'work alone';

export const isHostileStep = (type: StepType): type is HostileStep =>
  (HOSTILE_STEPS as readonly string[]).includes(type);

export const isUserStep = (type: StepType): boolean =>
  isDiskStep(type) || (FOLDER_STEPS as readonly string[]).includes(type);
