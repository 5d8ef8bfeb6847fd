/** Reads what `node --cpu-prof` wrote: where a process spent its time, by function and by package. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './table.ts';

const FUNCTIONS_SHOWN = 10;
const PACKAGES_SHOWN = 12;
const OWN = /\/packages\/([^/]+)\/(?:dist|src)\//;
const IDLE = '(idle)';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

interface CpuProfile {
  /** Microseconds on the clock of `monotonicMicroseconds`. */
  readonly startTime: number;
  readonly nodes: readonly ProfileNode[];
  /** Ids of nodes, and the microseconds before each of them. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A part of a process's life, on the clock of `monotonicMicroseconds`. */
export interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** On Linux all processes share this clock, so one can say what another was doing. */
export const monotonicMicroseconds = (): number => Number(process.hrtime.bigint() / 1000n);

/** The tables of the one profile in this directory, for each of these parts. */
export function profileText(directory: string, spans: readonly Span[]): string {
  const [file] = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined)
    throw new Error(`${directory} holds no profile: the process did not end by itself.`);
  const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile;
  return spans.map((span) => `=== ${span.name}: ${describeProfile(profile, span)}`).join('\n\n');
}

export function describeProfile(
  { nodes, samples, timeDeltas, startTime }: CpuProfile,
  { from, to }: Pick<Span, 'from' | 'to'>,
): string {
  const stacks = stacksOf(nodes);
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  const callers = new Map<string, number>();
  let [idle, busy, now] = [0, 0, startTime];
  for (const [index, id] of samples.entries()) {
    const stack = stacks.get(id)!;
    const milliseconds = (timeDeltas[index] ?? 0) / 1000;
    now += timeDeltas[index] ?? 0;
    if (now < from || now > to) continue;
    if (stack[0]!.functionName === IDLE) {
      idle += milliseconds;
      continue;
    }
    busy += milliseconds;
    add(functions, nameOf(stack[0]!), milliseconds);
    add(packages, packageOf(stack), milliseconds);
    // Once each, however deep a function calls itself.
    for (const name of new Set(stack.filter(isOwn).map(nameOf))) add(callers, name, milliseconds);
  }
  const show = (title: string, spent: Map<string, number>, most: number): string => {
    const rows = [...spent]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([name, ms]) => [name, `${Math.round(ms)}`, `${((ms / busy) * 100).toFixed(1)} %`]);
    return table([title, 'ms', 'of busy'], rows);
  };
  return [
    `${Math.round(busy)} ms busy, ${Math.round(idle)} ms idle (waiting for disk, network or others)`,
    show('self time by function', functions, FUNCTIONS_SHOWN),
    show('self time by package', packages, PACKAGES_SHOWN),
    show('functions of evermesh, with all that they call until they wait', callers, FUNCTIONS_SHOWN * 2),
  ].join('\n\n');
}

/** For each node its own frame and those of its callers, the innermost first. */
function stacksOf(nodes: readonly ProfileNode[]): Map<number, readonly CallFrame[]> {
  const parents = new Map<number, number>();
  const frames = new Map<number, CallFrame>();
  for (const { id, callFrame, children = [] } of nodes) {
    frames.set(id, callFrame);
    for (const child of children) parents.set(child, id);
  }
  const stackOf = (id: number): CallFrame[] => {
    const stack: CallFrame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.push(frames.get(at)!);
    return stack;
  };
  return new Map(nodes.map(({ id }) => [id, stackOf(id)]));
}

const add = (spent: Map<string, number>, name: string, milliseconds: number): void =>
  void spent.set(name, (spent.get(name) ?? 0) + milliseconds);

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName || '(anonymous)';
  return url === '' ? name : `${name}  ${shortPath(url)}:${lineNumber + 1}`;
}

/** What has no file is a call into the engine or the system: it counts to the package that made the call. */
function packageOf(stack: readonly CallFrame[]): string {
  const [innermost] = stack;
  if (innermost!.functionName.startsWith('(')) return innermost!.functionName;
  const url = stack.find((frame) => frame.url !== '')?.url;
  if (url === undefined) return '(unknown)';
  if (url.startsWith('node:')) return 'node';
  if (url.startsWith('wasm:')) return 'wasm';
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (installed !== undefined) return installed;
  const own = OWN.exec(url)?.[1];
  return own === undefined ? url : `@evermesh/${own}`;
}

const isOwn = ({ url }: CallFrame): boolean => OWN.test(url) && !url.includes('/node_modules/');

const shortPath = (url: string): string => url.replace(/^.*\/(?:node_modules|packages)\//, '');
