/** When what a person did to a file is known to be all that happened to it. */
import type { Heads } from '@evermesh/core';
import { expect, test } from 'vitest';
import { isAlone } from './changing.ts';

const heads = (...all: readonly (readonly [string, number])[]): Heads => new Map(all) as unknown as Heads;
const BEFORE = heads(['a.1', 3], ['b.1', 2]);

test.each<[what: string, after: Heads, expected: boolean]>([
  ['nothing was written', BEFORE, true],
  ['one record of the device itself was', heads(['a.1', 4], ['b.1', 2]), true],
  ['it was its first in this run', heads(['a.1', 3], ['b.1', 2], ['a.2', 1]), true],
  ['it was not its only one', heads(['a.1', 5], ['b.1', 2]), false],
  ['it was that of another', heads(['a.1', 3], ['b.1', 3]), false],
  ['something of another came as well', heads(['a.1', 4], ['b.1', 3]), false],
])('if %s', (_, after, expected) => {
  expect(isAlone(BEFORE, after, { device: 'a' } as never)).toBe(expected);
});
