import { expect, test } from 'vitest';
import { main } from './main.ts';
import type { StopSignal } from './stop-signal.ts';

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const stop: StopSignal = {
    signal: new AbortController().signal,
    stop: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
  const sink = (name: 'stdout' | 'stderr'): { write: (text: string) => void } => ({
    write: (text) => void (written[name] += text),
  });
  const code = await main(args, { version: '1.2.3', stop, stdout: sink('stdout'), stderr: sink('stderr') });
  return { code, ...written };
}

test.each([
  ['an unknown command', ['syn'], `Unknown command 'syn'. (Did you mean sync?)`, 'evermesh --help'],
  [
    'an unknown flag',
    ['up', '.', '--relai', 'x'],
    `Unknown option '--relai'. (Did you mean --relay?)`,
    'evermesh up --help',
  ],
  ['a missing argument', ['sync'], `Missing required argument 'dir'.`, 'evermesh sync --help'],
  ['one argument too many', ['paths', 'a', 'b'], 'got 2.', 'evermesh paths --help'],
  ['a flag without its value', ['relay', '--listen'], 'argument missing.', 'evermesh relay --help'],
])('%s is an error that says where to look', async (_what, args, message, help) => {
  const { code, stdout, stderr } = await run(...args);
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toContain(`CONFIG_INVALID: `);
  expect(stderr).toContain(message);
  expect(stderr).toContain(`Next: See '${help}'.`);
});

test('wrong usage is an event for a program that asked for events', async () => {
  const { code, stdout, stderr } = await run('up', '--json');
  expect([code, stderr]).toEqual([3, '']);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'error', code: 'CONFIG_INVALID' });
});

test('without a command the help is shown, and the exit code says that nothing was done', async () => {
  const { code, stdout, stderr } = await run();
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toContain('Usage: evermesh');
  expect(stderr).not.toContain('CONFIG_INVALID');
});

test('help and version are answers', async () => {
  expect(await run('--version')).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  const { code, stdout } = await run('sync', '--help');
  expect(code).toBe(0);
  expect(stdout).toContain('--wait <seconds>');
});
