/** What the figures were measured on, printed above them: the absolute times mean nothing without it. */
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Of the directory that the scenario works in. */
  readonly fileSystem: string;
  /** Over the last minute, at the start: how busy others kept the machine. */
  readonly load: number;
}

const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x01021994, 'tmpfs'],
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
  [0x794c7630, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
]);

export async function describeMachine(directory: string): Promise<Machine> {
  const { type: kind } = await statfs(directory);
  return {
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${distribution()}, ${type()} ${release()}`,
    node: process.version,
    fileSystem: FILE_SYSTEMS.get(kind) ?? `0x${kind.toString(16)}`,
    load: loadavg()[0]!,
  };
}

export function machineText(machine: Machine): string {
  const { processor, cores, memoryGiB, system, node, fileSystem, load } = machine;
  return `${processor}, ${cores} cores, ${memoryGiB} GiB; ${system}; Node ${node}; ${fileSystem}; load ${load.toFixed(2)}`;
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
