/**
 * The directory with a device's or a relay's store. What fails inside is told by code alone; only the command knows where
 * it lies, and so what a person has to write.
 */
import { mkdir } from 'node:fs/promises';
import { type ErrorCode, EvermeshError, isEvermeshError } from '@evermesh/core/errors';
import { shellWord } from './printable.ts';
import type { Settings } from './settings.ts';
import { usageError } from './usage-error.ts';

type Steps = Partial<Readonly<Record<ErrorCode, string>>>;

/**
 * Makes it if it is missing. What lies here is as private as what is mirrored.
 * @throws CONFIG_INVALID if something else is there; STORE_FAILED
 */
export async function makeDataDirectory(data: string): Promise<void> {
  try {
    await mkdir(data, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw usageError(`${data} is no directory.`, 'Give a data directory elsewhere: --data DIR.', error);
    }
    throw new EvermeshError('STORE_FAILED', `The data directory cannot be made: ${message}.`, {
      cause: error,
      details: { next: checkStep(data) },
    });
  }
}

/** An error of a directory's store, with what to do about it; any other error as it is. */
export function deviceStoreError(
  error: unknown,
  { directory, data, known }: Pick<Settings, 'directory' | 'data' | 'known'>,
): unknown {
  // On the first run the data directory was named by mistake most likely; nothing of this directory is in it.
  const anew = known
    ? `Run 'evermesh doctor ${shellWord(directory)}': it says what is damaged and what can be brought back, and changes nothing. With --repair it does so, and keeps what it replaces.`
    : 'Give a data directory of its own: --data DIR.';
  return withSteps(error, data, { STORE_CORRUPT: anew, STORE_FAILED: checkStep(data) });
}

/** An error of a relay's store, with what to do about it; any other error as it is. */
export const relayStoreError = (error: unknown, data: string): unknown =>
  withSteps(error, data, {
    STORE_LOCKED:
      'Stop the process that has it open, or give this relay a data directory of its own: --data DIR.',
    STORE_CORRUPT: `${awayStep(data)} Then start the relay again: devices send it what they have.`,
    STORE_FAILED: checkStep(data),
  });

function withSteps(error: unknown, data: string, steps: Steps): unknown {
  if (!isEvermeshError(error) || error.details['next'] !== undefined) return error;
  const { code, message, details } = error;
  const next = steps[code];
  if (next === undefined) return error;
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return new EvermeshError(code, `${sentence} The data directory is ${data}.`, {
    cause: error,
    details: { ...details, next },
  });
}

const awayStep = (data: string): string =>
  `Keep it, but out of the way (mv ${shellWord(data)} ${shellWord(`${data}.damaged`)}).`;

const checkStep = (data: string): string =>
  `Check free space and permissions of ${data}, then run the command again.`;
