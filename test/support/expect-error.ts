/** What every command that cannot do its work has to say. */
import { expect } from 'vitest';
import type { Ended, Told } from './process.ts';

/** The command ended with an error that has this code and says what to do. */
export function expectError(ended: Ended, code: string): Told {
  const told = ended.events.at(-1);
  if (told?.event !== 'error' || told['code'] !== code)
    throw new Error(`${code} was not told.\n${ended.stdout}\n${ended.stderr}`);
  expect(told['next']).toMatch(/\w/);
  expect(ended.code).toBe(3);
  return told;
}

export const nextOf = (ended: Ended, code: string): string => expectError(ended, code)['next'] as string;
