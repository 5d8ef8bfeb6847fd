import { type NodeId, ROOT, type ShownNode } from '@evermesh/core';
import { NO_HEADS } from '@evermesh/core/protocol';
import { expect, test } from 'vitest';
import { Ancestor, type AncestorEntry } from './ancestor.ts';
import { type ModelPlan, reconcileModel } from './reconcile-model.ts';

const [OLD, NEW, FILE] = ['0a', '0b', '0c'].map((id) => id.padEnd(17, 'x') as NodeId) as [
  NodeId,
  NodeId,
  NodeId,
];

const entry = (id: NodeId, kind: AncestorEntry['kind'], parent: NodeId, name: string): AncestorEntry => ({
  ...{ id, kind, parent, name, digest: '', racy: false, heads: NO_HEADS, executable: false },
  ...{ size: 1, mtime: 1n, ctime: 1n, born: 1n, inode: BigInt(`0x${id.slice(1, 2)}`) },
});

/** The disk has `d/file`; the folder has that directory united with a new one, within `e`, which is the one that is shown. */
function planned(ids: readonly NodeId[]): ModelPlan {
  const shown = (id: NodeId, kind: ShownNode['kind'], parent: NodeId, name: string): ShownNode =>
    ({ id, kind, parent, name, ownName: name, executable: false, digest: '' }) as ShownNode;
  const directory = shown(NEW, 'directory', ROOT, 'e');
  const nodes = new Map([
    [OLD, directory],
    [NEW, directory],
    [FILE, shown(FILE, 'file', NEW, 'file')],
  ]);
  const nothing = { type: 'del', key: '' } as const;
  const ancestor = new Ancestor({ row: () => nothing, shownNoMore: () => nothing });
  const entries = [entry(OLD, 'directory', ROOT, 'd'), entry(FILE, 'file', OLD, 'file')];
  ancestor.took(entries.map((each) => ({ id: each.id, entry: each })));
  return reconcileModel(
    {
      nodes: {
        node: (id) => nodes.get(id),
        all: () => [directory],
        headsOf: () => NO_HEADS,
        pathOf: (id) => nodes.get(id)?.name ?? '',
      },
      ancestor,
      ignored: () => undefined,
      isHidden: () => false,
    },
    ids,
  );
}

test.each([
  ['the directory', [OLD, FILE, NEW]],
  ['what is in it', [FILE, OLD, NEW]],
  ['the new one', [NEW, FILE, OLD]],
])(
  'a directory that is united with a new one is that one on the disk, also if %s comes first',
  (_what, ids) => {
    const { united, structure, contents } = planned(ids);
    expect(united).toMatchObject([{ from: { id: OLD }, to: NEW }]);
    expect(structure).toMatchObject([{ type: 'move', node: { id: NEW }, entry: { id: OLD }, name: 'e' }]);
    expect(contents).toEqual([]);
  },
);
