import { describe, expect, test } from 'vitest';
import { mirrorEvent } from './mirror-events.ts';

describe('what a mirror tells', () => {
  test('is sent when it was found on this disk, and received when it was written to it', () => {
    expect(mirrorEvent({ type: 'change', direction: 'in', change: 'edited', path: 'a' })).toEqual({
      event: 'change',
      direction: 'sent',
      change: 'edited',
      path: 'a',
      from: undefined,
    });
    expect(
      mirrorEvent({ type: 'change', direction: 'out', change: 'moved', path: 'b', from: 'a' }),
    ).toMatchObject({ direction: 'received', from: 'a' });
  });

  test('keeps the next step of a problem', () => {
    const problem = { path: 'a', code: 'UNREADABLE', message: 'It cannot be read.', next: 'Look.' } as const;
    expect(mirrorEvent({ type: 'problem', ...problem })).toEqual({ event: 'problem', ...problem });
  });
});
