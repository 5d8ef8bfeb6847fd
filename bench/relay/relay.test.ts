/** Every part of the relay's measurements runs, a moment long, from the sources, and says what it promises to. */
import { expect, test } from 'vitest';
import { EVERMESH, type Figures } from '../figures.ts';
import { relay } from '../scenarios/relay.ts';
import { shortRun } from '../short-run.ts';
import { BARE } from './engines.ts';

const SHORT = {
  documents: '10',
  rate: '200',
  seconds: '1',
  readers: '4',
  updates: '200',
  'edits-between': '5',
  held: '20,40',
  reconnect: '20',
  edits: '500',
  settle: '0',
  megabytes: '2',
  joiners: '3',
  connections: '6',
  idle: '1',
  soak: '2',
};

const measured = (parts: string): Promise<Figures> =>
  shortRun(relay, { ...SHORT, parts, engines: `${EVERMESH},${BARE}` });

test.each([
  ['steady', ['processor a delivery', 'from one client to the other, p99'], [EVERMESH, BARE]],
  ['fan-out', ['one writer, all others read: processor a delivery'], [EVERMESH, BARE]],
  ['edits', ['one edit, device to device, p50'], [EVERMESH, BARE]],
  ['memory', ['memory a document that two clients have open'], [EVERMESH]],
  [
    'fresh',
    ['a new client has the text: bytes', 'a new client has the text: processor, both sides'],
    [EVERMESH],
  ],
  ['joiners', ['all joiners have the large document', 'processor a joiner'], [EVERMESH]],
  ['idle', ['memory a connection', 'processor while all are idle'], [EVERMESH, BARE]],
  ['soak', ['soak: memory held at the end', 'soak: memory grown an update'], [EVERMESH]],
])('%s is measured', async (part, subjects, engines) => {
  const figures = await measured(part);
  for (const subject of subjects)
    for (const engine of engines)
      expect(figures.find(subject, engine)?.values, `${subject} of ${engine}`).toHaveLength(1);
});

test('who comes back and missed nothing is greeted in four frames, and no more than a name each', async () => {
  const figures = await measured('reconnect');
  const of = (subject: string): readonly number[] => figures.find(subject, EVERMESH)?.values ?? [];
  expect(of('reconnect, 0 changed: frames')).toEqual([4]);
  expect(of('reconnect, 0 changed: bytes without the upgrade')[0]).toBeLessThan(1000);
  expect(of('reconnect, 100 changed: frames')[0]).toBeGreaterThan(4);
});
