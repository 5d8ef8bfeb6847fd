import { describe, expect, test } from 'vitest';
import { Progress, type Standing } from './progress.ts';

const at = (elapsed: number, share: number, runs: number): Standing => ({
  runs,
  operations: runs * 100,
  failures: 1,
  elapsed,
  share,
});

describe('the progress of many runs', () => {
  test('on a terminal is one line, written over a few times a second and taken away in the end', () => {
    const written: string[] = [];
    const progress = new Progress({ isTTY: true, write: (text) => written.push(text) });
    for (let ms = 0; ms <= 1000; ms += 10) progress.show(at(ms, ms / 4000, ms / 10));
    progress.clear();
    expect(written).toHaveLength(7);
    expect(written.join('')).not.toContain('\n');
    expect(written.at(-2)).toBe(
      '\r\u001B[2K[#####...............] 100 runs, 100.0 runs/s, 10000 operations/s, 1 failures, 0:00:03 left',
    );
    expect(written.at(-1)).toBe('\r\u001B[2K');
  });

  test('elsewhere is a line for each tenth', () => {
    const written: string[] = [];
    const progress = new Progress({ write: (text) => written.push(text) });
    for (let run = 1; run <= 1000; run++) progress.show(at(run, run / 1000, run));
    progress.clear();
    expect(written).toHaveLength(10);
    expect(written[0]).toMatch(/^10 %: 100 runs, .*\n$/);
  });
});
