import { expect, test } from 'vitest';
import { type DocumentId, TREE_DOCUMENT } from '../base/index.ts';
import type { Debt } from '../log/index.ts';
import { NO_HEADS } from '../protocol/index.ts';
import { Pulls } from './pulls.ts';

const debt = (document: string, bytes: number): Debt => ({
  document: document as DocumentId,
  bytes,
  heads: NO_HEADS,
});

test('what somebody waits for is asked for first, then the tree, then the small ones', () => {
  const open = new Set<string>(['open']);
  const pulls = new Pulls((document) => open.has(document));
  const debts = [debt('large', 9000), debt('small', 10), debt('open', 5000), debt(TREE_DOCUMENT, 70_000)];
  pulls.add(debts);
  const current = (document: DocumentId): Debt | undefined =>
    debts.find((each) => each.document === document);
  expect(pulls.next(current).map(({ document }) => document)).toEqual(['open', 'tree0', 'small', 'large']);
});

test('what waits for room goes first once somebody waits for it', () => {
  const open = new Set<string>();
  const pulls = new Pulls((document) => open.has(document));
  const debts = Array.from({ length: 400 }, (_, i) => debt(`d${i}`, i));
  const current = (document: DocumentId): Debt | undefined =>
    debts.find((each) => each.document === document);
  pulls.add(debts);
  const asked = pulls.next(current);
  expect(asked).toHaveLength(256);
  const last = debts.at(-1) as Debt;
  open.add(last.document);
  pulls.add([last]);
  for (const each of asked) pulls.release(each);
  const next = pulls.next(current);
  expect(next[0]).toBe(last);
  expect(new Set([...asked, ...next]).size).toBe(400);
});
