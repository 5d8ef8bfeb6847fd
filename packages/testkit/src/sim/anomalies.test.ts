/** What a world counts as settled is what two people did, who did not know of each other. */
import type { Folder } from '@evermesh/core';
import { expect, test } from 'vitest';
import { CASE_PAIR } from './anomalies.ts';
import { run } from './run.ts';
import type { Step, StepType } from './script.ts';

type Does = (folder: Folder) => Promise<unknown>;

/**
 * What is counted when Anna and Ben each do something, cut off from each other.
 * @param before what Anna does while both are in step
 */
async function countedOf(
  before: Does,
  anna: Does,
  ben: Does,
  caseSensitive = false,
): Promise<Record<string, number>> {
  const turns: Does[] = [before, anna, ben];
  const steps: [StepType, number][] = [
    ['edit', 0],
    ['rest', 0],
    ['cut off', 0],
    ['edit', 0],
    ['edit', 1],
  ];
  const script = steps.map(([type, who], id): Step => ({ id, type, who, after: 1000 }));
  const app = {
    start: ({ folder }: { folder: Folder }) => folder,
    act: async (folder: Folder) => void (await turns.shift()?.(folder)),
    check: () => undefined,
  };
  const { trace, violations } = await run({
    seed: '1',
    devices: 2,
    profile: { name: 'two people', weights: {}, caseSensitive },
    script,
    app: () => app,
  });
  expect(violations).toEqual([]);
  expect(turns).toEqual([]);
  return Object.fromEntries(trace.counts.anomaly);
}

const nothing: Does = () => Promise.resolve();

test('directories that are moved into each other are a cycle', async () => {
  const directories: Does = async (folder) => {
    await folder.mkdir('a');
    await folder.mkdir('b');
  };
  const counted = await countedOf(
    directories,
    (folder) => folder.rename('a', 'b/a'),
    (folder) => folder.rename('b', 'a/b'),
  );
  expect(counted).toEqual({ cycle: 1 });
  const one = await countedOf(directories, (folder) => folder.rename('a', 'b/a'), nothing);
  expect(one).toEqual({});
});

test('two files of a name are a name conflict, two directories of a name are united', async () => {
  const file =
    (text: string): Does =>
    (folder) =>
      folder.writeFile('a', text);
  expect(await countedOf(nothing, file('1'), file('2'))).toEqual({ 'name conflict': 1 });
  const directory: Does = (folder) => folder.mkdir('a');
  expect(await countedOf(nothing, directory, directory)).toEqual({ 'united directories': 1 });
});

test('names that differ in case only are two where the folder tells them apart, and a conflict where it does not', async () => {
  const file =
    (path: string): Does =>
    (folder) =>
      folder.writeFile(path, path);
  expect(await countedOf(nothing, file('a'), file('A'))).toEqual({ 'name conflict': 1 });
  expect(await countedOf(nothing, file('a'), file('A'), true)).toEqual({ [CASE_PAIR]: 1 });
});

test('contents that are no text and were written at one time are concurrent', async () => {
  const write =
    (byte: number): Does =>
    (folder) =>
      folder.writeFile('a', new Uint8Array([0, byte]));
  expect(await countedOf(write(1), write(2), write(3))).toEqual({ 'concurrent contents': 1 });
});

test('what is edited while it is removed is alive, and so is the directory that it is in', async () => {
  const counted = await countedOf(
    (folder) => folder.writeFile('a/b', '1\n'),
    (folder) => folder.rm('a', { recursive: true }),
    (folder) => folder.writeFile('a/b', '1\n2\n'),
  );
  expect(counted).toEqual({ 'removed and alive': 1, 'removed directory that holds something': 1 });
});
