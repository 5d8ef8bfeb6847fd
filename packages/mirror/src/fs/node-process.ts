/**
 * Which process is which. A number alone says little: after a restart of the machine, or of a container, somebody else has
 * it. Where the system tells them, the boot and the time of the process' start go with it.
 */
import { readFileSync } from 'node:fs';

/** In the line of `/proc/PID/stat` behind the name, which may hold anything: clock ticks from the boot to the start. */
const START_FIELD = 19;

/** `number:boot:start`, the latter two empty where the system does not tell them. */
export const processIdentity = (): string => `${process.pid}:${bootId()}:${startOf(process.pid)}`;

/** Whether the process of this identity lives; of a number alone, whether any process has it. */
export function isRunning(identity: string): boolean {
  const [number = '', boot = '', start = ''] = identity.split(':');
  const processId = Number(number);
  // Zero and less name groups of processes.
  if (!(processId > 0) || !isAlive(processId)) return false;
  return isSameOrUnknown(boot, bootId()) && isSameOrUnknown(start, startOf(processId));
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const isSameOrUnknown = (known: string, now: string): boolean => known === '' || now === '' || known === now;

const bootId = (): string => told('/proc/sys/kernel/random/boot_id').trim();

const startOf = (processId: number): string =>
  told(`/proc/${processId}/stat`).split(') ').at(-1)?.split(' ')[START_FIELD] ?? '';

function told(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not Linux, or a system that hides the processes of others.
    return '';
  }
}
