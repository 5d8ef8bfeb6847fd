/** Every part of the relay's measurements runs, a moment long, from the sources, and says what it promises to. */
import { expect, test } from 'vitest';
import { ScenarioOptions } from '../scenarios/scenario.ts';
import { relay } from '../scenarios/relay.ts';
import { WorkDirectory } from '../work-directory.ts';
import { BARE } from './engines.ts';
import { EVERMESH } from '../figures.ts';

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

async function figuresOf(parts: string): Promise<(subject: string, engine: string) => readonly number[]> {
  const defaults = Object.entries(relay.options).map(([name, option]) => [name, option.default] as const);
  const given = Object.entries({ ...SHORT, parts, engines: `${EVERMESH},${BARE}` });
  const options = new ScenarioOptions(new Map([...defaults, ...given]));
  await using work = await WorkDirectory.open();
  const nodeArguments = ['--conditions=@evermesh/source'];
  const { figures } = await relay.run({
    runs: 1,
    directory: work.path,
    options,
    nodeArguments,
    say: () => undefined,
  });
  return (subject, engine) => figures.find(subject, engine)?.values ?? [];
}

test.each([
  ['steady', ['processor a delivery', 'from one client to the other, p99'], [EVERMESH, BARE]],
  ['fan-out', ['one writer, all others read: processor a delivery'], [EVERMESH, BARE]],
  ['edits', ['one edit, device to device, p50'], [EVERMESH, BARE]],
  ['memory', ['memory a document that two clients have open'], [EVERMESH]],
  ['fresh', ['a new client has the text', 'a new client has the text: bytes'], [EVERMESH]],
  ['joiners', ['all joiners have the large document', 'processor a joiner'], [EVERMESH]],
  ['idle', ['memory a connection', 'processor while all are idle'], [EVERMESH, BARE]],
  ['soak', ['soak: memory held at the end', 'soak: memory grown an update'], [EVERMESH]],
])('%s is measured', async (part, subjects, engines) => {
  const valuesOf = await figuresOf(part);
  for (const subject of subjects)
    for (const engine of engines)
      expect(valuesOf(subject, engine), `${subject} of ${engine}`).toHaveLength(1);
});

test('who comes back and missed nothing is greeted in four frames, and no more than a name each', async () => {
  const valuesOf = await figuresOf('reconnect');
  expect(valuesOf('reconnect, 0 changed: frames', EVERMESH)).toEqual([4]);
  expect(valuesOf('reconnect, 0 changed: bytes without the upgrade', EVERMESH)[0]).toBeLessThan(1000);
  expect(valuesOf('reconnect, 100 changed: frames', EVERMESH)[0]).toBeGreaterThan(4);
});
