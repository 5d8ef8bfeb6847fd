import { describe, expect, test } from 'vitest';
import type { Hunk, Unit } from './hunk.ts';
import { textHunks } from './text-hunks.ts';

function patched(base: string, hunks: readonly Hunk[]): string {
  let text = '';
  let at = 0;
  for (const { offset, remove, insert } of hunks) {
    expect(offset).toBeGreaterThanOrEqual(at);
    text += base.slice(at, offset) + insert;
    at = offset + remove;
  }
  return text + base.slice(at);
}

function hunksOf(base: string, next: string, unit: Unit = 'lines'): Hunk[] {
  const hunks = textHunks(base, next, unit);
  expect(patched(base, hunks)).toBe(next);
  return hunks;
}

/** Lines of so many kinds, in an order that looks random. */
function random(symbols: number, count: number, seed: number): string {
  let state = seed;
  let text = '';
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += `${(state >>> 16) % symbols}\n`;
  }
  return text;
}

describe('lines', () => {
  test('equal texts have no hunks', () => {
    expect(textHunks('a\nb\n', 'a\nb\n', 'lines')).toEqual([]);
    expect(textHunks('', '', 'words')).toEqual([]);
  });

  test('a changed line is replaced whole, its neighbours stay', () => {
    expect(hunksOf('a\nbee\nc\n', 'a\nbeer\nc\n')).toEqual([{ offset: 2, remove: 4, insert: 'beer\n' }]);
  });

  test('all of a text appears and disappears', () => {
    expect(hunksOf('', 'a\nb')).toEqual([{ offset: 0, remove: 0, insert: 'a\nb' }]);
    expect(hunksOf('a\nb', '')).toEqual([{ offset: 0, remove: 3, insert: '' }]);
  });

  test('an insertion that fits at several places goes as far down as it does in git', () => {
    expect(hunksOf('f {\n}\n\ng {\n}\n', 'f {\n}\n\nh {\n}\n\ng {\n}\n')).toEqual([
      { offset: 7, remove: 0, insert: 'h {\n}\n\n' },
    ]);
    expect(hunksOf('a\nx\nx\nb\n', 'a\nx\nx\nx\nb\n')).toEqual([{ offset: 6, remove: 0, insert: 'x\n' }]);
  });

  test('a deletion that fits at several places goes as far down', () => {
    expect(hunksOf('a\nx\nx\nx\nb\n', 'a\nx\nb\n')).toEqual([{ offset: 4, remove: 4, insert: '' }]);
    expect(hunksOf('a\n\nf\n\nb\n', 'a\n\nb\n')).toEqual([{ offset: 3, remove: 3, insert: '' }]);
  });

  test('lines that occur once anchor the comparison', () => {
    const hunks = hunksOf('{\none\n}\n{\ntwo\n}\n', '{\nzero\n}\n{\none\n}\n{\ntwo\n}\n');
    expect(hunks).toEqual([{ offset: 2, remove: 0, insert: 'zero\n}\n{\n' }]);
  });

  test('text without an end of its last line is appended to, not replaced', () => {
    expect(hunksOf('a\nb', 'a\nb\nc')).toEqual([{ offset: 3, remove: 0, insert: '\nc' }]);
    expect(hunksOf('a\nb', 'a\nb\n')).toEqual([{ offset: 3, remove: 0, insert: '\n' }]);
    expect(hunksOf('a\nb\n', 'a\nb')).toEqual([{ offset: 3, remove: 1, insert: '' }]);
    expect(hunksOf('a\nb\nc', 'a\nb')).toEqual([{ offset: 3, remove: 2, insert: '' }]);
    expect(hunksOf('a\r\nb', 'a\r\nb\r\nc')).toEqual([{ offset: 4, remove: 0, insert: '\r\nc' }]);
    expect(hunksOf('b', 'b\r\nc\r\n')).toEqual([{ offset: 1, remove: 0, insert: '\r\nc\r\n' }]);
    hunksOf('a\n\n', '\n\nb');
    hunksOf('\n', 'x');
    hunksOf('x', '\n\n');
  });

  test('CR LF, LF and the lone CR of old systems end a line, and a CR LF is never cut', () => {
    expect(hunksOf('a\r\nb\r\n', 'a\nb\r\n')).toEqual([{ offset: 0, remove: 3, insert: 'a\n' }]);
    expect(hunksOf('a\rb\rc\r', 'a\rB\rc\r')).toEqual([{ offset: 2, remove: 2, insert: 'B\r' }]);
    expect(hunksOf('a\r', 'a\r\n')).toEqual([{ offset: 0, remove: 2, insert: 'a\r\n' }]);
  });

  test('a line that is data rather than code is compared by words', () => {
    const long = Array.from({ length: 1000 }, (_, i) => `"${i}":1`).join(', ');
    const [hunk] = hunksOf(`${long}\n`, `${long.replace('"500":1', '"500":2')}\n`);
    expect(hunk).toMatchObject({ remove: 1, insert: '2' });
  });
});

describe('words', () => {
  test('a changed word leaves the rest of its line', () => {
    expect(hunksOf('the quick fox\n', 'the slow fox\n', 'words')).toEqual([
      { offset: 4, remove: 5, insert: 'slow' },
    ]);
  });

  test('a changed phrase is one hunk, not one for each word', () => {
    const hunks = hunksOf('so the quick brown fox ran\n', 'so the slow red fox ran\n', 'words');
    expect(hunks).toEqual([{ offset: 7, remove: 11, insert: 'slow red' }]);
  });

  test('changed words in two lines stay two hunks', () => {
    expect(hunksOf('one a\ntwo b\n', 'one x\ntwo y\n', 'words')).toHaveLength(2);
  });

  test('a line that shares no word with the one it replaces replaces it with its end', () => {
    expect(hunksOf('one\n', 'quite another\n', 'words')).toEqual([
      { offset: 0, remove: 4, insert: 'quite another\n' },
    ]);
  });

  test('scripts that write without spaces are compared by characters', () => {
    expect(hunksOf('我喜欢猫。\n', '我喜欢狗。\n', 'words')).toEqual([
      { offset: 3, remove: 1, insert: '狗' },
    ]);
  });

  test('no surrogate pair, no accent and no joined sign is cut', () => {
    expect(hunksOf('a 😀 b\n', 'a 😁 b\n', 'words')).toEqual([{ offset: 2, remove: 2, insert: '😁' }]);
    expect(hunksOf('e\u0301t a\n', 'et a\n', 'words')).toEqual([{ offset: 0, remove: 3, insert: 'et' }]);
    const family = '👩\u200d👧';
    expect(hunksOf(`x ${family} y\n`, 'x 👩 y\n', 'words')).toEqual([
      { offset: 2, remove: family.length, insert: '👩' },
    ]);
    expect(hunksOf('a\nb\n', 'a\r\nb\n', 'words')).toEqual([{ offset: 1, remove: 1, insert: '\r\n' }]);
  });

  test('a change in a text too large for words is still cut down to its surroundings', () => {
    const half = 'lorem ipsum '.repeat(30_000);
    expect(hunksOf(`${half}dolor ${half}`, `${half}color ${half}`, 'words')).toEqual([
      { offset: half.length, remove: 5, insert: 'color' },
    ]);
    const pairs = '😀'.repeat(30_000);
    hunksOf(`${pairs}😁${pairs}`, `${pairs}😂${pairs}`, 'words');
  });
});

describe('bounds', () => {
  // Each of these would take minutes without the bounds; the default time limit of a test is what they must not reach.
  test.each<[string, string, string]>([
    ['lines of few kinds in random order', random(2, 100_000, 1), random(2, 100_000, 2)],
    ['everything changed', random(50_000, 100_000, 3), random(50_000, 100_000, 4)],
    [
      'one line of 4 MB, all of it changed',
      random(5000, 700_000, 5).replaceAll('\n', ' '),
      random(5000, 700_000, 6).replaceAll('\n', ' '),
    ],
    [
      'one line of 4 MB without a blank',
      'ab'.repeat(2_000_000),
      `${'ab'.repeat(1_000_000)}c${'ab'.repeat(1_000_000)}`,
    ],
    [
      'every second line changed',
      Array.from({ length: 60_000 }, (_, i) => `${i}\n`).join(''),
      Array.from({ length: 60_000 }, (_, i) => (i % 2 ? `${i}\n` : `x${i}\n`)).join(''),
    ],
  ])('%s has hunks that are right', (_, base, next) => {
    for (const unit of ['lines', 'words'] as const)
      expect(patched(base, textHunks(base, next, unit))).toBe(next);
  });
});
