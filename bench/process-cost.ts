/** What a process costs, read from `/proc`: memory, processor time, and how often it woke up. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';

export interface Memory {
  readonly nowMB: number;
  readonly peakMB: number;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { nowMB: kilobytes(status, 'VmRSS') / 1000, peakMB: kilobytes(status, 'VmHWM') / 1000 };
}

/** Seconds of processor time since the process started, all threads, those that ended included. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold spaces; the fields after it do not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return (user + system) / CLOCK_TICKS;
}

export interface Idleness {
  readonly processorPercent: number;
  readonly wakeUpsASecond: number;
}

/** What the threads of a process do in a while in which nothing happens. */
export async function idleness(pid: number, seconds: number): Promise<Idleness> {
  const before = threadsOf(pid);
  await passed(seconds * 1000);
  const after = threadsOf(pid);
  return {
    processorPercent: ((after.nanoseconds - before.nanoseconds) / (seconds * 1e9)) * 100,
    wakeUpsASecond: (after.sleeps - before.sleeps) / seconds,
  };
}

/** Linux shows these to programs as hundredths of a second, whatever the kernel counts in. */
const CLOCK_TICKS = 100;

/** Nanoseconds on a processor, and how often a thread went to sleep by itself: as often it was woken. */
function threadsOf(pid: number): { nanoseconds: number; sleeps: number } {
  let nanoseconds = 0;
  let sleeps = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const directory = `/proc/${pid}/task/${thread}`;
    nanoseconds += Number(readFileSync(`${directory}/schedstat`, 'utf8').split(' ')[0]);
    sleeps += number(readFileSync(`${directory}/status`, 'utf8'), 'voluntary_ctxt_switches');
  }
  return { nanoseconds, sleeps };
}

const kilobytes = (status: string, field: string): number => number(status, field) * 1.024;

const number = (status: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
