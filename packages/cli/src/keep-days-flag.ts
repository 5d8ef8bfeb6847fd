/** `--keep-days`: for how long a relay keeps records as they came. */
import { usageError } from './usage-error.ts';

/** @returns days @throws CONFIG_INVALID */
export function parseKeepDays(text: string): number {
  const days = Number(text);
  if (text.trim() === '' || !(days >= 1 && days <= 36_500)) {
    throw usageError(`'${text}' is no number of days.`, 'Write for instance --keep-days 90; at least 1.');
  }
  return days;
}
