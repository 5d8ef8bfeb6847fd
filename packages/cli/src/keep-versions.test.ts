import { historyPolicy } from '@evermesh/core/log';
import { describe, expect, test } from 'vitest';
import { checkKeptVersions, DEFAULT_KEPT_VERSIONS, historyOf, keptVersionsText } from './keep-versions.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('which versions are kept', () => {
  test('nothing said is what a program gets that says nothing', () => {
    expect(historyOf(undefined)).toEqual(historyPolicy);
    expect(historyOf(DEFAULT_KEPT_VERSIONS)).toEqual(historyPolicy);
  });

  test.each([
    ['all', 'everything', 'all are kept'],
    ['1h', { everything: HOUR, thinned: [] }, 'all are kept for 1h'],
    [
      '2w/90d',
      { everything: 14 * DAY, thinned: [{ every: DAY, for: 90 * DAY }] },
      'all are kept for 2w, the last of each day for 90d',
    ],
    [
      '7d/7d/100y',
      {
        everything: 7 * DAY,
        thinned: [
          { every: DAY, for: 7 * DAY },
          { every: 30 * DAY, for: 36_500 * DAY },
        ],
      },
      'all are kept for 7d, the last of each day for 7d, the last of each 30 days for 100y',
    ],
  ])('%s', (text, history, words) => {
    expect(checkKeptVersions(text)).toBe(text);
    expect(historyOf(text)).toEqual(history);
    expect(keptVersionsText(text)).toBe(words);
  });

  test.each([
    ...['', ' ', 'ALL', 'none', '7', 'd', '7m', '7 d', '-7d', '1.5d', '7d/', '/7d', '7d,90d', 'all/7d'],
    ...['0h', '0d/30d', '30d/7d', '1d/1y/30d', '1d/30d/1y/2y', '101y', '1000000h', '1d\n', '1e3d', '\u0661d'],
  ])('%j is refused, and not guessed at', (text) => {
    expect(() => checkKeptVersions(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        details: { next: expect.stringContaining('--keep-versions 7d/90d/5y') as string },
      }),
    );
  });
});
