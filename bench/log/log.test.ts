/** Every part of the log's measurements runs, a moment long, from the sources, and says what it promises to. */
import { expect, test } from 'vitest';
import { EVERMESH } from '../figures.ts';
import { log } from '../scenarios/log.ts';
import { shortRun } from '../short-run.ts';

const SHORT = {
  updates: '200',
  writers: '20',
  edits: '300',
  files: '30',
  documents: '10',
  saves: '100',
};

test.each([
  ['durable', EVERMESH, ['a durable update', 'a durable update, processor']],
  ['durable', 'classic-level', []],
  [
    'trace',
    EVERMESH,
    ['the trace typed', 'the typed file opened', 'the trace saved', 'the saved file opened'],
  ],
  ['trace', 'yjs', []],
  ['files', EVERMESH, ['a start', 'memory a file']],
  ['soak', EVERMESH, ['memory grown a save', 'disk beside content', 'arrays of bytes held after the saves']],
  ['kept', EVERMESH, ['a year of saves at a relay, beside content']],
])('%s is measured of %s', async (parts, engines, subjects) => {
  const figures = await shortRun(log, { ...SHORT, parts, engines });
  expect(figures.bySubject().size).toBeGreaterThan(0);
  for (const subject of subjects) expect(figures.find(subject, EVERMESH)?.values, subject).toHaveLength(1);
});
