/** Starts a task in a process of its own, on the built packages, and takes what it measured. */
import { join } from 'node:path';
import { Child } from '../processes.ts';
import type { Amounts, TaskOptions } from './task-options.ts';

const TASK = join(import.meta.dirname, 'task.ts');

export interface RunTaskOptions {
  /** A directory for a CPU profile of the process. */
  readonly profile?: string | undefined;
  /** Of Node: which form of Evermesh's packages is run. Default: the built one. */
  readonly nodeArguments?: readonly string[];
}

export async function runTask(
  name: string,
  options: TaskOptions,
  { profile, nodeArguments = [] }: RunTaskOptions = {},
): Promise<Amounts> {
  const lines: string[] = [];
  const node = ['--expose-gc', ...nodeArguments, '--import', import.meta.resolve('tsx')];
  if (profile !== undefined) node.push('--cpu-prof', `--cpu-prof-dir=${profile}`);
  const child = new Child(name, process.execPath, [...node, TASK, name, JSON.stringify(options)], {
    onLine: (line) => lines.push(line),
  });
  if ((await child.ended) !== 0) throw new Error(`${name} failed:\n${child.lastWords}`);
  return JSON.parse(lines.at(-1) ?? '') as Amounts;
}
