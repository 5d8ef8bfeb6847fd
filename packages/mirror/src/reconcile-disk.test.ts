import { type NodeId, ROOT, type ShownNode } from '@evermesh/core';
import { portableKey } from '@evermesh/core/model';
import { NO_HEADS } from '@evermesh/core/protocol';
import { describe, expect, test } from 'vitest';
import type { AncestorEntry } from './ancestor.ts';
import type { Match } from './match-disk.ts';
import { type DiskPlan, reconcileDisk } from './reconcile-disk.ts';

const ID = '0aaaaaaaaaaaaaaaa' as NodeId;
const STAT = {
  kind: 'file',
  size: 1,
  mtime: 1n,
  ctime: 1n,
  born: 1n,
  inode: 1n,
  executable: false,
  permissions: 0o644,
} as const;

/** What is planned for a file that the mirror placed as `placed`, the disk lists as `listed`, and the folder has as `node`. */
function planned(placed: string, listed: string, node: Partial<ShownNode> | undefined): DiskPlan {
  const entry = { ...STAT, id: ID, parent: ROOT, name: placed, digest: 'ab', racy: false, heads: NO_HEADS };
  const known: AncestorEntry = entry;
  const disk = { kind: 'file', path: listed, stat: STAT } as Match['disk'];
  const shown = node && ({ id: ID, kind: 'file', parent: ROOT, ownName: node.name, ...node } as ShownNode);
  return reconcileDisk({
    matches: [{ disk, name: listed, parent: undefined, known, hasMovedOn: false }],
    missing: [],
    nodes: {
      node: () => shown,
      children: () => (shown === undefined ? [] : [shown]),
      headsOf: () => NO_HEADS,
      nameKey: portableKey,
    },
    isHere: () => true,
    inConflict: new Set(),
    newDirectoryId: () => ID,
  });
}

describe('a name that the disk spells otherwise than the mirror gave it', () => {
  const [composed, decomposed] = ['\u00e9', 'e\u0301'];

  test('is no rename by a person, although the file was renamed elsewhere meanwhile', () => {
    const { places, agreed } = planned(composed, decomposed, { name: 'c' });
    expect(places).toEqual([]);
    expect(agreed).toEqual([expect.objectContaining({ id: ID, parent: ROOT })]);
  });

  test('is no rename by a person, although the file was removed elsewhere meanwhile', () => {
    expect(planned(composed, decomposed, undefined).places).toEqual([]);
  });

  test('is told from a rename', () => {
    expect(planned('b', decomposed, { name: 'c' }).places).toEqual([
      expect.objectContaining({ type: 'place', id: ID, name: decomposed }),
    ]);
  });
});
