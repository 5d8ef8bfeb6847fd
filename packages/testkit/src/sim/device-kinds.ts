/** What kind of device somebody has, as the seed draws it. */
import type { BodyPolicy } from '@evermesh/core';
import { FILE_SYSTEMS, type FilesProfile } from './inode.ts';
import type { Naming } from './naming.ts';
import type { Seeded } from './seeded.ts';
import type { Trace } from './trace.ts';

export const NAMES: readonly string[] = ['anna', 'ben', 'cleo', 'dora', 'emil', 'finn'];

/** Half of the devices have one of the usual kind. */
export function fileSystemOf(device: string, seed: Seeded, trace: Trace): FilesProfile {
  const random = seed.fork(`file system of ${device}`);
  const name = random.chance(0.5) ? 'POSIX' : random.pick(Object.keys(FILE_SYSTEMS));
  trace.count('fault', `file system: ${name}`);
  return FILE_SYSTEMS[name] as FilesProfile;
}

/** What it fetches by itself. The first fetches all. */
export function bodiesOf(device: number, seed: Seeded, { names }: Naming, trace: Trace): BodyPolicy {
  const random = seed.fork(`bodies of device ${device}`);
  if (device === 0 || random.chance(0.2)) return 'all';
  trace.count('fault', 'a device leaves bodies');
  return random.chance(0.7) ? 'used' : { directories: [random.pick(names)] };
}
