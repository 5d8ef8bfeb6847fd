/** What a folder's tree costs by its size, beside its bare Yjs document. Each measurement is a process of its own. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findEvermesh } from '../engines/evermesh-command.ts';
import { EVERMESH, Figures } from '../figures.ts';
import { runTask } from '../log/run-task.ts';
import type { TaskOptions } from '../log/task-options.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, UsageError } from './scenario.ts';

const DOCUMENT = 'Y.applyUpdate';
const WALKED = 'evermesh, all looked at';

export const tree: Scenario = {
  name: 'tree',
  about: 'a tree of many nodes: its bytes, its view, operations on it, and a folder that is opened',
  options: {
    nodes: { default: '1000,10000,100000,1000000', about: 'sizes' },
    'folder-nodes': { default: '1000000', about: 'the largest size that is also made as a folder on disk' },
  },
  run,
};

async function run(context: ScenarioContext): Promise<ScenarioResult> {
  const figures = new Figures();
  const most = context.options.count('folder-nodes');
  for (const nodes of context.options.list('nodes').map(sizeOf)) {
    const options = optionsFor(nodes, join(context.directory, `${nodes}`));
    await mkdir(options.directory);
    context.say(`${nodes} nodes are made`);
    const { v1, v2 } = await runTask('tree make', options);
    figures.add(`${nodes}: update`, 'V1', 'MB', v1! / 1e6);
    figures.add(`${nodes}: update`, 'V2', 'MB', v2! / 1e6);
    if (nodes <= most) await runTask('tree folder', options);
    for (let round = 1; round <= context.runs; round++) {
      context.say(`${nodes} nodes, run ${round} of ${context.runs}`);
      await measure(figures, nodes, options, nodes <= most);
    }
  }
  const notes = [`${EVERMESH}: ${findEvermesh().described}`, ...NOTES];
  return { figures, notes };
}

const NOTES = [
  'Operations include what changed in the view. Files have no documents: what these cost, `log --parts files` measures.',
  'The folder is opened by a fresh process, whose disk has what was read before in memory.',
];

function sizeOf(text: string): number {
  const nodes = Number(text);
  if (!Number.isInteger(nodes) || nodes < 100) throw new UsageError('--nodes are whole numbers from 100 on.');
  return nodes;
}

const optionsFor = (nodes: number, directory: string): TaskOptions => ({
  directory,
  nodes,
  updates: 0,
  writers: 0,
  files: 0,
  documents: 0,
  trace: '',
  edits: 0,
});

async function measure(
  figures: Figures,
  nodes: number,
  options: TaskOptions,
  isOnDisk: boolean,
): Promise<void> {
  const add = (subject: string, engine: string, unit: string, value: number | undefined): void =>
    figures.add(`${nodes}: ${subject}`, engine, unit, value!);
  const view = await runTask('tree view', options);
  add('view built', EVERMESH, 'ms', view['build']);
  add('view built', WALKED, 'ms', view['walk']);
  add('view built', DOCUMENT, 'ms', view['apply']);
  add('first path answered', EVERMESH, 'ms', view['ask']);
  add('heap of the view', EVERMESH, 'MB', view['buildBytes']! / 1e6);
  add('heap of the view', WALKED, 'MB', view['walkBytes']! / 1e6);
  add('heap of the view', DOCUMENT, 'MB', view['applyBytes']! / 1e6);
  const operations = await runTask('tree operations', options);
  add('operation', EVERMESH, 'ms', operations['local']);
  add('operation, p99', EVERMESH, 'ms', operations['localP99']);
  add('operation of another device', EVERMESH, 'ms', operations['remote']);
  add('operation of another device, p99', EVERMESH, 'ms', operations['remoteP99']);
  add('operation of another device, looked at before', EVERMESH, 'ms', operations['remoteAgain']);
  add('operation of another device, looked at before, p99', EVERMESH, 'ms', operations['remoteAgainP99']);
  add('rename of the directory with half of it', EVERMESH, 'ms', operations['rename']);
  add('the same by another device', EVERMESH, 'ms', operations['renameRemote']);
  add('the same, the first time', EVERMESH, 'ms', operations['renameFirst']);
  add('the same, bytes', EVERMESH, 'B', operations['renameBytes']);
  add('a tenth removed, at most 10,000 nodes', EVERMESH, 'ms', operations['remove']);
  add('the same removed by another device', EVERMESH, 'ms', operations['removeRemote']);
  add('removed, bytes a node', EVERMESH, 'B', operations['removeBytes']);
  figures.reach(`${nodes}: view built`, { atMost: 0.7, timesOf: DOCUMENT });
  figures.reach(`${nodes}: heap of the view`, { atMost: 1.2, timesOf: DOCUMENT });
  figures.reach(`${nodes}: operation`, { atMost: 0.1 });
  figures.reach(`${nodes}: operation of another device`, { atMost: 0.1 });
  figures.reach(`${nodes}: operation of another device, looked at before`, { atMost: 0.1 });
  figures.reach(`${nodes}: rename of the directory with half of it`, { atMost: 0.1 });
  figures.reach(`${nodes}: the same by another device`, { atMost: 0.1 });
  figures.reach(`${nodes}: the same, bytes`, { atMost: 100 });
  if (!isOnDisk) return;
  const open = await runTask('tree open', options);
  add('folder opened, first path answered', EVERMESH, 'ms', open['answered']);
  add('folder opened, first path answered', DOCUMENT, 'ms', view['apply']);
}
