import { type FolderNodes, type NodeId, ROOT } from '@evermesh/core';
import { NO_HEADS } from '@evermesh/core/protocol';
import { describe, expect, test } from 'vitest';
import { Ancestor, type AncestorEntry } from './ancestor.ts';
import { ANCESTOR_AREA, encodeEntry } from './ancestor-entry.ts';
import { Departed } from './departed.ts';
import type { FileStat } from './fs/file-system.ts';
import { type DiskMatches, matchDisk } from './match-disk.ts';
import type { DiskDirectory } from './scan.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const nothing = { type: 'del', key: '' } as const;

/** A file that came to the name `file` in the order of `place`, and has the inode of that number. */
const cameAs = (id: string, place: number): AncestorEntry => ({
  ...{ id: id.padEnd(17, 'x') as NodeId, parent: ROOT, name: 'file', kind: 'file', digest: 'ab' },
  ...{ size: 1, mtime: 1n, ctime: BigInt(place), born: 1n, inode: BigInt(place) },
  ...{ executable: false, racy: false, heads: NO_HEADS },
});

/** The ancestor as a mirror that begins reads it: by id. */
async function ancestorOf(entries: readonly AncestorEntry[]): Promise<Ancestor> {
  const sorted = [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
  const nodes = {
    row: () => nothing,
    shownNoMore: () => nothing,
    async *rows(area: string) {
      if (area === ANCESTOR_AREA) for (const entry of sorted) yield [entry.id, encodeEntry(entry)] as const;
    },
  };
  return Ancestor.load(nodes as unknown as FolderNodes);
}

/** What is made of a disk that has one file, of this inode. */
async function matched(entries: readonly AncestorEntry[], inode: number): Promise<DiskMatches> {
  const ancestor = await ancestorOf(entries);
  const nodes = { row: () => nothing, keep: () => Promise.resolve() };
  const stat = { kind: 'file', size: 2, born: 1n, inode: BigInt(inode) } as FileStat;
  const root: DiskDirectory = {
    ...{ kind: 'directory', path: '', stat: { ...stat, kind: 'directory', inode: 99n }, listed: true },
    ...{ isClosed: false, withheld: new Set() },
    entries: new Map([['file', { kind: 'file', path: 'file', stat }]]),
  };
  return matchDisk(ancestor, new Departed(nodes, ancestor, new VirtualClock()), root);
}

describe.each([
  ['in the order in which they came', cameAs('0a', 1), cameAs('0b', 2)],
  ['the other way round', cameAs('0b', 1), cameAs('0a', 2)],
])('of two files that had one name, and whose ids are %s', (_what, older, newer) => {
  test('the one that is there is known by its inode', async () => {
    const { matches, missing } = await matched([older, newer], 2);
    expect(matches.map(({ known }) => known?.id)).toEqual([newer.id]);
    expect(missing).toEqual([older]);
  });

  test('the older one is known by its inode as well', async () => {
    const { matches, missing } = await matched([older, newer], 1);
    expect(matches.map(({ known }) => known?.id)).toEqual([older.id]);
    expect(missing).toEqual([newer]);
  });

  test('the one that came last is saved by a file that takes its place', async () => {
    const { matches, missing } = await matched([older, newer], 3);
    expect(matches.map(({ known }) => known?.id)).toEqual([newer.id]);
    expect(missing).toEqual([older]);
  });
});
