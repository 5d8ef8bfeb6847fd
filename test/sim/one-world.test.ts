/** One world is told line by line, and what it came to in the end. */
import { PROFILES } from '@evermesh/testkit/sim';
import { expect, onTestFinished, test, vi } from 'vitest';
import { anomaliesLine } from './anomalies-line.ts';
import { showOne } from './one-world.ts';

test('what had to be settled in one world is said in its last lines', async () => {
  let said = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said += String(text)), true));
  onTestFinished(() => out.mockRestore());
  const of = { seed: 3, devices: 3, profile: PROFILES['tree']! };
  expect(await showOne({ does: 'show', isTold: false, html: undefined, of })).toBe(0);
  expect(said).toMatch(/^anomalies: \d+ [a-z ]+(, \d+ [a-z ]+)*\n\d+ s of the world, /);
});

test('nothing that had to be settled is said as well', () => {
  const counts = {
    operation: new Map([['edit', 3]]),
    fault: new Map(),
    anomaly: new Map(),
    upkeep: new Map(),
  };
  expect(anomaliesLine({ counts })).toBe('anomalies: none');
});
