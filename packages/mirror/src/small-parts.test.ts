import type { NodeId } from '@evermesh/core';
import { expect, test } from 'vitest';
import { MassDeletionGuard } from './mass-deletion.ts';
import { besideName, takenName } from './names.ts';
import { NextLook } from './next-look.ts';
import { SecondLook } from './second-look.ts';
import { VirtualClock } from './testing/virtual-clock.ts';
import { ToDo } from './to-do.ts';

function standing(): VirtualClock {
  const clock = new VirtualClock();
  clock.auto = false;
  return clock;
}

const FILE = 'file' as NodeId;
const inDirectory = { pathOf: (): string => 'd/file' };

test('what is gone is believed after 100 ms, and not when it was seen meanwhile', () => {
  const clock = standing();
  const looks = new SecondLook(clock, inDirectory);
  looks.begin();
  expect(looks.isConfirmed('x', 'gone', '', FILE)).toBe(false);
  expect(looks.due).toEqual({ directories: ['d'], wait: 100 });
  clock.pass(60);
  expect(looks.due).toEqual({ directories: ['d'], wait: 40 });
  looks.begin();
  looks.end(new Set(['d']));
  expect(looks.due).toBeUndefined();
  expect(looks.isConfirmed('x', 'gone', '', FILE)).toBe(false);
  clock.pass(100);
  expect(looks.isConfirmed('x', 'gone', '', FILE)).toBe(true);
});

test('a suspicion outlives a look at another directory, and begins anew when something else is suspected', () => {
  const clock = standing();
  const looks = new SecondLook(clock, inDirectory);
  looks.isConfirmed('x', 'emptied', '1', FILE);
  looks.begin();
  looks.end(new Set(['e']));
  clock.pass(1000);
  expect(looks.isConfirmed('x', 'emptied', '2', FILE)).toBe(false);
  expect(looks.due?.wait).toBe(1000);
});

test('what is suspected in a directory that moves on is looked at where that is by then', () => {
  const clock = standing();
  let path = 'd/file';
  const looks = new SecondLook(clock, { pathOf: () => path });
  looks.begin();
  looks.isConfirmed('x', 'gone', '', FILE);
  path = 'moved/d/file';
  looks.begin();
  looks.end(new Set(['d']));
  expect(looks.due).toEqual({ directories: ['moved/d'], wait: 100 });
});

test('a clock that was set back makes nobody wait longer than the time between two looks', () => {
  const clock = standing();
  const looks = new SecondLook(clock, inDirectory);
  looks.isConfirmed('x', 'gone', '', FILE);
  clock.pass(-86_400_000);
  expect(looks.due?.wait).toBe(1);
  expect(looks.isConfirmed('x', 'gone', '', FILE)).toBe(false);
  clock.pass(100);
  expect(looks.isConfirmed('x', 'gone', '', FILE)).toBe(true);
});

test('what is to be looked at again is looked at in time, also when the clock is set back meanwhile', () => {
  const clock = standing();
  const toDo = new ToDo();
  const next = new NextLook(clock, new SecondLook(clock, inDirectory), toDo, () => false);
  toDo.again(['d']);
  next.update();
  expect(next.wait()).toBe(20);
  clock.pass(-86_400_000);
  expect(next.wait()).toBe(1);
  next.take();
  expect(toDo.isAny).toBe(true);
});

test('a slow deletion of most files is a mass deletion as well; spread over hours it is none', () => {
  const clock = standing();
  const fast = new MassDeletionGuard(clock, false);
  for (let i = 0; i < 50; i++) fast.check(1, 100 - i);
  expect(() => fast.check(1, 50)).toThrow(expect.objectContaining({ code: 'MIRROR_HALTED' }));
  const slow = new MassDeletionGuard(clock, false);
  for (let i = 0; i < 99; i++) {
    slow.check(1, 100 - i);
    clock.pass(60_000);
  }
});

test('a name beside another keeps its ending, whole characters, and 255 bytes', () => {
  expect(besideName('notes.md', '0123456789abcdef')).toBe('notes (~01234567).md');
  expect(besideName('.hidden', '0123456789abcdef')).toBe('.hidden (~01234567)');
  expect(besideName('a', '0123456789', 2)).toBe('a (~01234567~~)');
  const long = besideName(`${'\u{1f600}'.repeat(63)}.md`, '0123456789abcdef');
  expect(new TextEncoder().encode(long).byteLength).toBeLessThanOrEqual(255);
  expect(long.endsWith(' (~01234567).md')).toBe(true);
  expect(encodeURIComponent(long)).toContain('%F0%9F%98%80%20');
});

test('a name beside tells which name was taken, and no other name does', () => {
  for (const name of ['notes.md', '.hidden', 'a', 'archive.tar.gz', 'a (1).txt', '(~)']) {
    expect(takenName(besideName(name, '0123456789abcdef'))).toBe(name);
    expect(takenName(besideName(name, '0123456789abcdef', 2))).toBe(name);
    expect(takenName(name)).toBeUndefined();
  }
});
