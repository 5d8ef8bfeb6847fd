/**
 * One measurement in a process of its own: what another one left in memory, or V8 learned of it, is nobody's advantage.
 * Started by `run-task.ts`; prints its amounts as one line of JSON.
 */
import { DURABLE_TASKS } from './durable-updates.ts';
import { MANY_FILES_TASKS } from './many-files.ts';
import { KEPT_TASKS } from './kept.ts';
import { SOAK_TASKS } from './soak.ts';
import { FOLDER_TASKS } from '../tree/folder-tasks.ts';
import { VIEW_TASKS } from '../tree/view-tasks.ts';
import { TRACE_TASKS } from './trace.ts';
import type { Task, TaskOptions } from './task-options.ts';

const TASKS: Readonly<Record<string, Task>> = {
  ...DURABLE_TASKS,
  ...TRACE_TASKS,
  ...MANY_FILES_TASKS,
  ...KEPT_TASKS,
  ...SOAK_TASKS,
  ...VIEW_TASKS,
  ...FOLDER_TASKS,
};

const [name = '', options = '{}'] = process.argv.slice(2);
const task = TASKS[name];
if (task === undefined) throw new Error(`There is no task '${name}'.`);
console.log(JSON.stringify(await task(JSON.parse(options) as TaskOptions)));
