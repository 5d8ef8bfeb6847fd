import { describe, expect, test } from 'vitest';
import { jsonLine, printable, shellWord } from './printable.ts';

describe('what is shown', () => {
  test('cannot move the cursor, colour the terminal or end the line', () => {
    const name = 'a\u001b[2Jb\rc\nd\u009be\u2028f\u202eg\u007f';
    expect(printable(name)).toBe('a\\u{1b}[2Jb\\u{d}c\\u{a}d\\u{9b}e\\u{2028}f\\u{202e}g\\u{7f}');
  });

  test('keeps letters of every language', () => {
    expect(printable('Zoë/日本語/😀.md')).toBe('Zoë/日本語/😀.md');
  });

  test('replaces half of a character pair, which no terminal can show', () => {
    expect(printable('a\ud800b')).toBe('a\ufffdb');
  });

  test('is one line of JSON that parses to the same value', () => {
    const value = { path: 'a\u001b\n\u009b\u2028\u202e\u007f"\\' };
    const line = jsonLine(value);
    expect(JSON.parse(line)).toEqual(value);
    expect(line).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe('a word of a shell command', () => {
  test('stays as it is when nothing in it is special', () => {
    expect(shellWord('ws://127.0.0.1:8787')).toBe('ws://127.0.0.1:8787');
  });

  test('is quoted so that a shell reads it back', () => {
    expect(shellWord(`it's here`)).toBe(`'it'\\''s here'`);
    expect(shellWord('')).toBe(`''`);
    expect(shellWord('~/notes')).toBe(`'~/notes'`);
  });
});
