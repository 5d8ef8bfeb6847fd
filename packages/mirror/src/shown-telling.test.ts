import type { FolderNodes, Heads, NodeId } from '@evermesh/core';
import { expect, test } from 'vitest';
import { Ancestor } from './ancestor.ts';
import { ShownBefore } from './shown-before.ts';
import { ShownTelling } from './shown-telling.ts';

type IsShown = Parameters<FolderNodes['shows']>[0];
type Nodes = Pick<FolderNodes, 'row' | 'shownNoMore' | 'shows'>;

const FILE = 'file' as NodeId;
const NEWER: Heads = new Map();

/** Who is told as what a disk shows files. */
function listener(): { readonly nodes: Nodes; readonly told: Set<IsShown> } {
  const told = new Set<IsShown>();
  const row = { type: 'del' as const, key: 'row' };
  const shows = (isShown: IsShown): (() => void) => {
    told.add(isShown);
    return () => void told.delete(isShown);
  };
  return { nodes: { row: () => row, shownNoMore: () => row, shows }, told };
}

test('everything counts as shown while something is done', () => {
  const { nodes, told } = listener();
  const telling = new ShownTelling(nodes, new Ancestor(nodes));
  telling.begin();
  telling.begin();
  const [isShown] = told as Iterable<IsShown> as [IsShown];
  expect([told.size, isShown(FILE, NEWER)]).toEqual([1, false]);
  const [one, another] = [telling.pause(), telling.pause()];
  one();
  expect(isShown(FILE, NEWER)).toBe(true);
  another();
  expect(isShown(FILE, NEWER)).toBe(false);
});

test('nothing is told before what a repair left is found out, nor after the end', () => {
  const { nodes, told } = listener();
  const before = new ShownBefore(nodes);
  let isOver = false;
  Object.defineProperty(before, 'isOver', { get: () => isOver });
  const telling = new ShownTelling(nodes, new Ancestor(nodes, before));
  telling.begin();
  expect(told.size).toBe(0);
  isOver = true;
  telling.begin();
  expect(told.size).toBe(1);
  telling.end();
  telling.begin();
  expect(told.size).toBe(0);
});
