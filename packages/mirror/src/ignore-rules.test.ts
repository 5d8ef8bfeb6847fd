/** Ignore files that change while a mirror runs. */
import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { WatcherEvents } from './fs/watcher.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, exchange, onDisk, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

/** Starts a mirror that looks at nothing of which it is not told. */
async function started(device: TestDevice): Promise<{ dirty(directory: string): Promise<void> }> {
  await device.closeMirror();
  let events: WatcherEvents | undefined;
  await device.open({
    watcher: {
      start: (_, to) => void (events = to),
      watch: () => undefined,
      retain: () => undefined,
      close: () => undefined,
    },
  });
  device.mirror.start();
  await device.mirror.idle();
  return {
    async dirty(directory) {
      const before = device.events.length;
      events?.dirty(directory);
      const isOver = (): boolean => device.events.slice(before).some(({ type }) => type === 'inStep');
      while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('what was ignored and is no more is written by a mirror that runs', async () => {
  const [a, b] = await devices.pair();
  await a.write('build/out', 'x\n');
  await a.settle();
  await deliver(a, b);
  await b.write('.evermeshignore', 'build/\n');
  const watched = await started(b);
  expect(await onDisk(b)).toEqual({ '.evermeshignore': 'build/\n' });
  await fs.rm(b.at('.evermeshignore'));
  await watched.dirty('');
  expect(await onDisk(b)).toEqual({ build: '/', 'build/out': 'x\n' });
});

test('a directory that comes to the name of one that is gone has not its rules', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/.evermeshignore', '*.log\n');
  await a.write('d/file', 'x\n');
  await a.settle();
  await exchange(a, b);
  const watched = await started(b);
  expect(await onDisk(b)).toMatchObject({ 'd/file': 'x\n' });
  await fs.rm(a.at('d'), { recursive: true });
  await a.settle();
  await exchange(a, b);
  await b.mirror.idle();
  expect(await onDisk(b)).toEqual({});
  await watched.dirty('');
  await a.write('d/e/x.log', 'log\n');
  await a.settle();
  await exchange(a, b);
  await b.mirror.idle();
  expect(await onDisk(b)).toEqual({ d: '/', 'd/e': '/', 'd/e/x.log': 'log\n' });
});

test.each([
  ['a line that is too long to be matched', 'a'.repeat(60_000)],
  ['a line that would take back in too many ways', '!**/a/**/b'],
  ['a line that has too many parts to be tried', `**/${'a/**/'.repeat(10)}b`],
])('%s takes no part, and is a problem', async (_, line) => {
  const a = await devices.make();
  await a.write('.evermeshignore', `*.log\n${line}\n*.tmp\n`);
  await a.write('x.log', 'x');
  await a.write('x.tmp', 'x');
  await a.write(`${'a/'.repeat(30)}file`, 'x');
  await a.settle();
  expect(a.mirror.status().problems).toMatchObject([{ path: '.evermeshignore', code: 'RULE_REFUSED' }]);
  expect(
    a.mirror
      .status()
      .ignored.map(({ path }) => path)
      .sort(),
  ).toEqual(['x.log', 'x.tmp']);
  await a.write('.evermeshignore', '**/a/**/b\n');
  await a.settle();
  expect(a.mirror.status().problems).toEqual([]);
});

test('of a file that is too long the lines of its beginning hold, and it is a problem', async () => {
  const a = await devices.make();
  await a.write('.evermeshignore', `*.log\n${'# a comment\n'.repeat(10_000)}*.tmp\n`);
  await a.write('x.log', 'x');
  await a.write('x.tmp', 'x');
  await a.settle();
  expect(a.mirror.status().ignored.map(({ path }) => path)).toEqual(['x.log']);
  expect(a.mirror.status().problems).toMatchObject([{ path: '.evermeshignore', code: 'RULE_REFUSED' }]);
});

test('many stars in one name cost next to nothing', () => {
  const rules = new IgnoreRules();
  const text = `${'*a'.repeat(100)}b\n${'*?a'.repeat(80)}b\n${'*[ab]'.repeat(50)}c\n`;
  rules.set('', { text, refused: undefined });
  const begin = performance.now();
  for (const name of ['a'.repeat(255), `${'ab'.repeat(127)}c`]) rules.reason('', name, false);
  expect(performance.now() - begin).toBeLessThan(500);
});
