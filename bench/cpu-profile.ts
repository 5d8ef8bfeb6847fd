/** Reads what `node --cpu-prof` wrote: where a process spent its time, by function and by package. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './table.ts';

const FUNCTIONS_SHOWN = 10;
const IDLE = '(idle)';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** Ids of nodes, and the microseconds before each of them. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The tables of the one profile in this directory. */
export function profileText(directory: string): string {
  const [file] = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined)
    throw new Error(`${directory} holds no profile: the process did not end by itself.`);
  return describeProfile(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile);
}

export function describeProfile({ nodes, samples, timeDeltas }: CpuProfile): string {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let [idle, busy] = [0, 0];
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id)!;
    const milliseconds = (timeDeltas[index] ?? 0) / 1000;
    if (frame.functionName === IDLE) {
      idle += milliseconds;
      continue;
    }
    busy += milliseconds;
    add(functions, nameOf(frame), milliseconds);
    add(packages, packageOf(frame), milliseconds);
  }
  const rows = (spent: Map<string, number>, most: number): string[][] =>
    [...spent]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([name, ms]) => [name, `${Math.round(ms)}`, `${((ms / busy) * 100).toFixed(1)} %`]);
  return [
    `${Math.round(busy)} ms busy, ${Math.round(idle)} ms idle (waiting for disk, network or others); self time:`,
    table(['function', 'ms', 'of busy'], rows(functions, FUNCTIONS_SHOWN)),
    '',
    table(['package', 'ms', 'of busy'], rows(packages, Number.POSITIVE_INFINITY)),
  ].join('\n');
}

const add = (spent: Map<string, number>, name: string, milliseconds: number): void =>
  void spent.set(name, (spent.get(name) ?? 0) + milliseconds);

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName || '(anonymous)';
  return url === '' ? name : `${name}  ${shortPath(url)}:${lineNumber + 1}`;
}

/** Without a file it is the engine: garbage collection, compiling, and calls into the system. */
function packageOf({ functionName, url }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  if (url.startsWith('node:')) return 'node';
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (installed !== undefined) return installed;
  const own = /\/packages\/([^/]+)\//.exec(url)?.[1];
  return own === undefined ? url : `@evermesh/${own}`;
}

const shortPath = (url: string): string => url.replace(/^.*\/(?:node_modules|packages)\//, '');
