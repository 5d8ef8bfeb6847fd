import { EvermeshError, type ErrorDetails } from '@evermesh/core/errors';
import { describe, expect, test } from 'vitest';
import { explain } from './next-steps.ts';

const halted = (details: ErrorDetails): string =>
  explain(new EvermeshError('MIRROR_HALTED', 'x', { details })).next;

describe('a next step', () => {
  test('fits the reason for which a mirror halted', () => {
    expect(halted({ removed: 90, total: 100 })).toContain('--allow-mass-deletion');
    expect(halted({ directory: '/d' })).toContain('--join-again');
    expect(halted({ directory: '/d' })).not.toContain('--allow-mass-deletion');
    expect(halted({ directory: '/d', folder: 'abc' })).toContain('--folder abc');
  });

  test('is the one the error brings, if it brings one', () => {
    expect(halted({ removed: 1, next: 'Ask Ada.' })).toBe('Ask Ada.');
  });

  test('is that of a damaged store when the database says that it is damaged', () => {
    const error = Object.assign(new Error('Corruption: bad block'), { code: 'LEVEL_CORRUPTION' });
    expect(explain(error)).toMatchObject({
      code: 'STORE_CORRUPT',
      next: expect.stringContaining('evermesh doctor') as string,
    });
  });

  test('is there for what should be impossible', () => {
    expect(explain(new RangeError('x'))).toMatchObject({ code: 'INTERNAL', message: 'x' });
    expect(explain('x')).toMatchObject({ code: 'INTERNAL', message: 'x' });
  });
});
