/** Where somebody works with a folder through its API. */
import type { DeviceId, Folder, NodeId, Replica, ShownNode } from '@evermesh/core';
import type { Sight } from './observe.ts';
import type { SimProcess } from './sim-process.ts';
import type { Somebody } from './typing.ts';

export interface Seat extends Somebody {
  readonly folder: Folder;
  /** What he removed, and may want back. */
  readonly bin: Removal[];
  /** What he attached that is too large for one blob. */
  readonly attached: Uint8Array[];
  /** What files held when everybody had everything, for whoever removes what is not at his device. */
  readonly listed: Sight['files'];
  /** As which the program that he works with writes. */
  readonly device: DeviceId;
  /** Told when that program is gone, however. */
  readonly onDeath: (told: () => void) => () => void;
  readonly violate: (law: string, what: string) => void;
}

interface Program {
  readonly process: Pick<SimProcess, 'onDeath'>;
  readonly replica: Pick<Replica, 'device'>;
  readonly folder: Folder;
}

/** At a program that runs. */
export const seatAt = (
  { bin, attached }: Pick<Seat, 'bin' | 'attached'>,
  { process, replica, folder }: Program,
  person: Omit<Seat, 'bin' | 'attached' | 'folder' | 'device' | 'onDeath'>,
): Seat => ({
  ...person,
  bin,
  attached,
  folder,
  device: replica.device.id,
  onDeath: (told) => process.onDeath(told),
});

export function pickFile({ folder, random }: Seat): ShownNode | undefined {
  const files = [...folder.nodes.all()].filter(({ kind }) => kind === 'file');
  return files.length === 0 ? undefined : random.pick(files);
}

/** What one person removed with one operation, and remembers. */
export interface Removal {
  /** Directories before what was in them. */
  readonly nodes: readonly ShownNode[];
  readonly texts: ReadonlyMap<NodeId, string>;
  /** As the ledger has it. */
  readonly how: string;
}
