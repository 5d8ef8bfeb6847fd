/** A profile is told by who spent the time and on whose behalf. */
import { describe, expect, test } from 'vitest';
import { describeProfile } from './cpu-profile.ts';

const frame = (
  functionName: string,
  url = '',
): { functionName: string; url: string; lineNumber: number } => ({
  functionName,
  url,
  lineNumber: 6,
});

const PROFILE = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 5] },
    { id: 2, callFrame: frame('ingest', 'file:///x/packages/mirror/dist/ingest.js'), children: [3] },
    { id: 3, callFrame: frame('hash', 'file:///x/node_modules/@noble/hashes/sha2.js'), children: [4] },
    { id: 4, callFrame: frame('lstat') },
    { id: 5, callFrame: frame('(idle)') },
  ],
  startTime: 500,
  samples: [2, 4, 4, 5],
  timeDeltas: [1000, 4000, 5000, 70_000],
};

describe('a profile', () => {
  test('a call into the system counts to the package that made it, and waiting is not busy', () => {
    const text = describeProfile(PROFILE, { from: 0, to: 100_000 });
    expect(text).toContain('10 ms busy, 70 ms idle');
    expect(text).toMatch(/^@noble\/hashes +9 +90\.0 %$/m);
    expect(text).toMatch(/^@evermesh\/mirror +1 +10\.0 %$/m);
    expect(text).toMatch(/^lstat +9 +90\.0 %$/m);
    expect(text).toMatch(/^ingest {2}mirror\/dist\/ingest\.js:7 +10 +100\.0 %$/m);
  });

  test('what lies outside of the part that is asked for does not count', () => {
    expect(describeProfile(PROFILE, { from: 1600, to: 10_600 })).toContain('9 ms busy, 0 ms idle');
    expect(describeProfile(PROFILE, { from: 0, to: 1500 })).toContain('1 ms busy, 0 ms idle');
  });
});
