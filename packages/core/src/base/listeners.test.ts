import { expect, test, vi } from 'vitest';
import { Listeners } from './listeners.ts';

test('what a listener throws reaches neither the others nor who emits, and is not lost', () => {
  const later = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
  try {
    const listeners = new Listeners<number>();
    const told: number[] = [];
    listeners.add(() => {
      throw new Error('mine');
    });
    listeners.add((event) => told.push(event));
    listeners.emit(7);
    expect(told).toEqual([7]);
    expect(later.mock.calls).toHaveLength(1);
    expect(later.mock.calls[0]?.[0]).toThrow('mine');
  } finally {
    later.mockRestore();
  }
});
