import { describe, expect, test, vi } from 'vitest';
import { utf8 } from '../../base/index.ts';
import { alternativeName, checkName, NAME_RULES, nameKeyOf, portableKey, shownName } from './names.ts';
import { UNICODE_VERSION } from './unicode-data.ts';

const bytes = (text: string): number => utf8(text).byteLength;

describe('what a person may name', () => {
  test.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a slash', 'a/b'],
    ['a NUL', 'a\0'],
    ['half a character', 'a\ud83d'],
    ['the other half', '\ude00a'],
    ['256 bytes', 'a'.repeat(256)],
    ['86 characters of three bytes', '\u20ac'.repeat(86)],
    ['what composition makes too long', '\u0958'.repeat(85)],
  ])('%s is refused by name', (_what, name) => {
    expect(() => checkName(name)).toThrow(expect.objectContaining({ code: 'PATH_INVALID' }));
  });

  test.each([
    'a',
    '...',
    ' a',
    'a ',
    'con',
    'a:b',
    'a|b',
    'a\nb',
    '\u{1f600}',
    'a'.repeat(255),
    '\u20ac'.repeat(85),
  ])('%j is accepted', (name) => {
    expect(() => checkName(name)).not.toThrow();
  });
});

describe('keys', () => {
  test.each([
    ['README', 'readme'],
    ['\u00c9t\u00e9', 'e\u0301te\u0301'],
    ['a:b', 'A_B'],
    ['a\\b', 'a_b'],
    ['tail. .', 'tail___'],
    ['con', 'CON_'],
    ['aux.txt', 'AUX_.txt'],
    ['\u0130', 'i\u0307'],
  ])('%j and %j have one', (a, b) => {
    expect(portableKey(a)).toBe(portableKey(b));
  });

  test.each([
    ['a', 'b'],
    ['con', 'cone'],
    ['com1', 'com'],
    ['a.b', 'ab'],
    ['.a', 'a'],
    ['ss', '\u00df'],
  ])('%j and %j have two', (a, b) => {
    expect(portableKey(a)).not.toBe(portableKey(b));
  });
});

describe('what is shown', () => {
  test.each([
    ['a.txt', 'a.txt'],
    ['e\u0301', '\u00e9'],
    ['', '_'],
    ['.', '_.'],
    ['..', '_..'],
    ['../../etc', '.._.._etc'],
    ['a\0b', 'a_b'],
    ['a\ud800b', 'a\ufffdb'],
    [`${'x'.repeat(300)}.md`, `${'x'.repeat(252)}.md`],
    [`x.${'y'.repeat(300)}`, `x.${'y'.repeat(253)}`],
    ['\u{1f600}'.repeat(64), '\u{1f600}'.repeat(63)],
  ])('%j is shown as %j, which anybody may name', (name, shown) => {
    expect(shownName(name)).toBe(shown);
    expect(shownName(shown)).toBe(shown);
    expect(() => checkName(shown)).not.toThrow();
  });
});

describe('names beside a taken one', () => {
  test('keep the extension', () => {
    expect(alternativeName('n.tar.gz', 'id', 0)).toMatch(/^n\.tar \(~[0-9a-f]{8}\)\.gz$/);
    expect(alternativeName('.profile', 'id', 0)).toMatch(/^\.profile \(~[0-9a-f]{8}\)$/);
    expect(alternativeName('Makefile', 'id', 0)).toMatch(/^Makefile \(~[0-9a-f]{8}\)$/);
  });

  test('depend on the node and nothing else', () => {
    expect(alternativeName('n', 'a', 0)).toBe(alternativeName('n', 'a', 0));
    expect(alternativeName('n', 'a', 0)).not.toBe(alternativeName('n', 'b', 0));
  });

  test('never end, and stay within what file systems hold', () => {
    const name = `${'\u{1f600}'.repeat(70)}.jpeg`;
    const names = Array.from({ length: 12 }, (_, attempt) => alternativeName(name, 'id', attempt));
    expect(new Set(names.map(portableKey)).size).toBe(12);
    for (const one of names) {
      expect(bytes(one)).toBeLessThanOrEqual(255);
      expect(one.endsWith('.jpeg')).toBe(true);
      expect(shownName(one)).toBe(one);
    }
  });
});

test('another version of Unicode is another version of the rules', () => {
  expect([NAME_RULES, UNICODE_VERSION]).toEqual([{ portable: 1, caseSensitive: 2 }, '17.0']);
});

test('a name is compared by tables, and never by what a runtime knows of Unicode', () => {
  const runtime = [
    vi.spyOn(String.prototype, 'toLowerCase').mockReturnValue('what a runtime says'),
    vi.spyOn(String.prototype, 'normalize').mockReturnValue('what a runtime says'),
  ];
  const names = [portableKey('\u00c9t\u00c9'), shownName('e\u0301')];
  for (const spy of runtime) spy.mockRestore();
  expect(names).toEqual(['\u00e9t\u00e9', '\u00e9']);
});

test('the rules that a folder names tell which names are one; without case-sensitive ones, case makes no difference', () => {
  const keysBy = (rules: string | undefined): number =>
    new Set(['Makefile', 'makefile', '\u00c9', '\u00e9', 'e\u0301', 'a?', 'a_'].map(nameKeyOf(rules))).size;
  expect(['2', '1', undefined, '', 'x'].map(keysBy)).toEqual([5, 3, 3, 3, 3]);
});
