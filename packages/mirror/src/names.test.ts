import { expect, test, vi } from 'vitest';
import { isShownAs } from './names.ts';

test('whether a disk spells a name otherwise is told by the tables of the folder, and never by what a runtime knows of Unicode', () => {
  const runtime = vi.spyOn(String.prototype, 'normalize').mockReturnValue('what a runtime says');
  const found = [isShownAs('e\u0301', '\u00e9'), isShownAs('e', '\u00e9'), isShownAs('\u00e9', 'e\u0301')];
  runtime.mockRestore();
  expect(found).toEqual([true, false, false]);
});
