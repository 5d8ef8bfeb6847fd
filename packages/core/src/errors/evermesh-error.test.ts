import { describe, expect, test } from 'vitest';
import { EvermeshError, isEvermeshError } from './evermesh-error.ts';

describe('an error of Evermesh', () => {
  test('is told by its brand, also when another copy of the package made it', () => {
    const foreign = Object.defineProperty(new Error('x'), Symbol.for('evermesh.error'), { value: true });
    Object.assign(foreign, { code: 'STORE_LOCKED' });
    expect(isEvermeshError(foreign, 'STORE_LOCKED')).toBe(true);
    expect(isEvermeshError(new EvermeshError('STORE_LOCKED', 'x'))).toBe(true);
    expect(isEvermeshError(new EvermeshError('STORE_LOCKED', 'x'), 'STORE_CORRUPT')).toBe(false);
    for (const other of [new Error('x'), { code: 'STORE_LOCKED' }, undefined, null, 'STORE_LOCKED'])
      expect(isEvermeshError(other)).toBe(false);
  });

  test('says whether the same call may succeed later, and keeps its cause', () => {
    const cause = new Error('held');
    expect(new EvermeshError('STORE_LOCKED', 'x', { cause })).toMatchObject({
      retryable: true,
      cause,
      details: {},
    });
    expect(new EvermeshError('PATH_INVALID', 'x').retryable).toBe(false);
  });
});
