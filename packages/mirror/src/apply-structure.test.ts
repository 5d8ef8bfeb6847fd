/** What a step on disk does when there is more of it than usual. */
import type { FolderNodes, NodeId } from '@evermesh/core';
import { NO_HEADS } from '@evermesh/core/protocol';
import { expect, test } from 'vitest';
import type { AncestorEntry } from './ancestor.ts';
import { applyStructure } from './apply-structure.ts';
import type { ApplyWorld } from './apply-world.ts';
import { Intents } from './intents.ts';

/** More than a call can have arguments. */
const MANY = 200_000;

test('a directory that left with very much in it before it was to go is missed with all of that', async () => {
  const entry = {
    ...{ id: 'd' as NodeId, parent: 'root' as NodeId, name: 'd', kind: 'directory', heads: NO_HEADS },
    ...{ digest: '', size: 0, executable: false, racy: false, mtime: 1n, ctime: 1n, born: 1n, inode: 1n },
  } satisfies AncestorEntry;
  const nodes = {
    row: (area: string, key: string) => ({ type: 'del', key: `${area}/${key}` }),
    keep: () => Promise.resolve(),
  } as unknown as FolderNodes;
  let missed = 0;
  const nothing = (): void => undefined;
  const world = {
    nodes,
    intents: new Intents(nodes),
    ancestor: {
      pathOf: () => 'd',
      below: () => Array.from({ length: MANY }, () => entry),
      children: () => [],
      rows: () => [],
      took: nothing,
    },
    disk: {
      at: (path: string) => path,
      isOwnDirectory: () => Promise.resolve(true),
      lstat: () => Promise.resolve(undefined),
      fs: { syncDirectory: () => Promise.resolve() },
    },
    missed: (entries: readonly AncestorEntry[]) => {
      missed += entries.length;
      return Promise.resolve();
    },
    solved: nothing,
    tell: nothing,
  } as unknown as ApplyWorld;
  await applyStructure([{ type: 'remove', entry }], world);
  expect(missed).toBe(MANY);
});
