/** What random runs found in the first design of the tree: four ways in which an operation disturbed what it was not about. */
import { beforeEach, expect, test } from 'vitest';
import { exchange, TreeDevice } from './testing/tree-device.ts';

let a: TreeDevice;
let b: TreeDevice;
let c: TreeDevice;

beforeEach(() => {
  [a, b, c] = [new TreeDevice(1), new TreeDevice(2), new TreeDevice(3)];
});

const meet = (): void => exchange(a, b, c);

function given(...paths: string[]): void {
  for (const path of paths) {
    if (path.endsWith('/')) a.mkdir(path.slice(0, -1));
    else a.write(path);
  }
  meet();
}

/** `A` and `B` are moved into each other: `B` was the later one, and is shown where it was. */
function givenCycle(): void {
  given('A/', 'B/', 'B/x');
  a.mv('A', 'B/A');
  b.mv('B', 'A/B');
  meet();
  expect(a.paths()).toEqual(['B', 'B/A', 'B/x']);
}

function expectEverywhere(...paths: string[]): void {
  meet();
  for (const device of [a, b, c]) expect(device.paths()).toEqual(paths);
}

test('a directory that somebody worked in after its removal can be renamed, and what was removed with it stays away', () => {
  given('P/', 'P/f.md', 'P/g.md');
  a.rm('P');
  b.edit('P/f.md');
  meet();
  c.write('P/new');
  c.mv('P', 'Q');
  expectEverywhere('Q', 'Q/f.md', 'Q/new');
});

test('work in a removed directory that is in a cycle moves no other directory of the cycle', () => {
  givenCycle();
  c.rm('B/A');
  a.write('B/A/new');
  meet();
  c.write('B/A/more');
  expect(c.at('B/A').deletedButAlive).toBe(false);
  expectEverywhere('B', 'B/A', 'B/A/more', 'B/A/new', 'B/x');
});

test('of a directory that a cycle put back, an operation elsewhere does not forget where it was moved, if only that has not arrived', () => {
  given('F/', 'V/', 'x');
  a.mkdir('N');
  b.receive(a);
  b.mv('V', 'F/V');
  b.mv('F/V', 'N/V');
  c.mv('F', 'V/F');
  c.receiveAlone(b);
  expect(c.paths()).toEqual(['V', 'V/F', 'x']);
  c.mv('x', 'V/x');
  expectEverywhere('N', 'N/V', 'N/V/F', 'N/V/x');
});

test('work in a removed directory that a cycle put back brings it back, although its place is written down as well', () => {
  givenCycle();
  c.rm('B');
  a.write('B/new');
  meet();
  expect(c.at('B').deletedButAlive).toBe(true);
  c.write('B/more');
  expect(c.at('B').deletedButAlive).toBe(false);
  expectEverywhere('B', 'B/more', 'B/new');
});
