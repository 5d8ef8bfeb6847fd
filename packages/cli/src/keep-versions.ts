/**
 * `--keep-versions`: which versions of its files a device keeps. `all`; or up to three times, each at least as long as the one before:
 * for how long every version is kept, then the last of each day, then the last of each 30 days.
 */
import type { HistoryPolicy } from '@evermesh/core';
import { usageError } from './usage-error.ts';

const ALL = 'all';

/** What a device keeps that was told nothing else. */
export const DEFAULT_KEPT_VERSIONS = '1d/30d/1y';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const UNITS: Readonly<Record<string, number>> = { h: HOUR, d: DAY, w: 7 * DAY, y: 365 * DAY };
/** Of what is not kept in full: the last in each of these. */
const PERIODS = [
  { every: DAY, name: 'each day' },
  { every: 30 * DAY, name: 'each 30 days' },
] as const;
const LONGEST = 100 * UNITS['y']!;

/** @returns what was given, as it is remembered @throws CONFIG_INVALID */
export function checkKeptVersions(text: string | undefined): string | undefined {
  if (text === undefined || areKeptVersions(text)) return text;
  throw usageError(
    `'${text}' does not say which versions are kept.`,
    'Write --keep-versions all; or for how long all are kept, then one a day, then one in 30 days, each at least as long as the one before: --keep-versions 7d/90d/5y, in h, d, w or y, from 1h to 100y.',
  );
}

export const areKeptVersions = (text: string): boolean => text === ALL || timesOf(text) !== undefined;

/** @param text what `checkKeptVersions` let pass; absent: nothing was ever said */
export function historyOf(text: string = DEFAULT_KEPT_VERSIONS): HistoryPolicy | 'everything' {
  if (text === ALL) return 'everything';
  const [everything, ...longer] = timesOf(text) ?? [];
  if (everything === undefined) throw new TypeError('These are no times.');
  return {
    everything,
    thinned: PERIODS.slice(0, longer.length).map(({ every }, i) => ({ every, for: longer[i]! })),
  };
}

/** For people. */
export function keptVersionsText(text: string): string {
  if (text === ALL) return 'all are kept';
  const [everything, ...longer] = text.split('/');
  const parts = PERIODS.slice(0, longer.length).map(({ name }, i) => `the last of ${name} for ${longer[i]}`);
  return [`all are kept for ${everything}`, ...parts].join(', ');
}

/** In milliseconds. */
function timesOf(text: string): number[] | undefined {
  const times = text.split('/').map((part) => {
    const [, count, unit] = /^(\d{1,6})([hdwy])$/.exec(part) ?? [];
    return count === undefined || unit === undefined ? Number.NaN : Number(count) * UNITS[unit]!;
  });
  const areRight = times.every((time, i) => time >= (times[i - 1] ?? HOUR) && time <= LONGEST);
  return areRight && times.length <= 1 + PERIODS.length ? times : undefined;
}
