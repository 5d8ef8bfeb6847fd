/** Every command and option, given wrongly: an error that says what is right, exit code 3, and nothing begun. */
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from './main.ts';

const RELAY = ['--relay', 'ws://127.0.0.1:9'];
const LONG = 'x'.repeat(5000);
const ID = '0123456789abcdef0123456789abcdef';

/** Each with a part of what is said. `DIR` is a directory of the test. */
const WRONG: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [[], /[Uu]nknown option '--json'/],
  [['remove', 'DIR'], /[Uu]nknown command 'remove'/],
  [[''], /[Uu]nknown command/],
  [[LONG], /[Uu]nknown command/],
  [['relay', 'DIR'], /[Tt]oo many arguments/],
  [['relay', '--relay', 'ws://127.0.0.1:9'], /[Uu]nknown option '--relay'/],
  [['relay', '--listen'], /argument missing/],
  [['relay', '--allow-everyone', '--listen', ''], /no address/],
  [['relay', '--allow-everyone', '--listen', '127.0.0.1:99999'], /no address/],
  [['relay', '--allow-everyone', '--data', ''], /empty/],
  [['relay', '--token-file', ''], /empty/],
  [['relay', '--allow-everyone', '--keep-days', '0'], /no number of days/],
  [['relay', '--allow-everyone', '--keep-days', 'ever'], /no number of days/],
  [['relay', '--allow-everyone', '--allowed-host'], /argument missing/],
  [['relay', '--allow-everyone', '--allowed-host', ''], /no name of a host/],
  [
    ['relay', '--allow-everyone', '--allowed-host', 'a.example', '--allowed-host', 'ws://b'],
    /'ws:\/\/b' is no name/,
  ],
  [['relay', '--allow-everyone', '--allowed-origin', ''], /no origin/],
  [['relay', '--allow-everyone', '--allowed-origin', 'https://a.example/x'], /no origin/],
  [['relay', '--token-file', 'DIR'], /token file/],
  ...['up', 'sync'].flatMap((command): [string[], RegExp][] => [
    [[command], /missing required argument/i],
    [[command, 'DIR', 'DIR'], /[Tt]oo many arguments/],
    [[command, '', ...RELAY], /empty/],
    [[command, LONG, ...RELAY], /cannot be used|too long/],
    [[command, 'DIR', '--relay'], /argument missing/],
    [[command, 'DIR', '--relay', ''], /no relay address/],
    [[command, 'DIR', '--relay', 'ws://user:secret@127.0.0.1:9'], /no user name/],
    [[command, 'DIR', '--relay', 'ws://127.0.0.1:9/?token=secret'], /no user name/],
    [[command, 'DIR', ...RELAY, '--folder', ''], /no folder id/],
    [[command, 'DIR', ...RELAY, '--folder', `${ID}0`], /no folder id/],
    [[command, 'DIR', ...RELAY, '--data', ''], /empty/],
    [[command, 'DIR', ...RELAY, '--data', 'DIR/inside'], /lie in one another/],
    [[command, 'DIR', ...RELAY, '--token-file', ''], /empty/],
    [[command, 'DIR', ...RELAY, '--device-name', ' '], /1 to 100/],
    [[command, 'DIR', ...RELAY, '--device-name', LONG], /1 to 100/],
    [[command, 'DIR', ...RELAY, '--keep-versions'], /argument missing/],
    [[command, 'DIR', ...RELAY, '--keep-versions', '30'], /which versions are kept/],
    [[command, 'DIR', ...RELAY, '--keep-versions', '30d/7d'], /which versions are kept/],
    [[command, 'DIR', ...RELAY, '--ignored'], /[Uu]nknown option '--ignored'/],
  ]),
  [['up', 'DIR', ...RELAY, '--wait', '1'], /[Uu]nknown option '--wait'/],
  ...['', '-1', '1e9', 'NaN', LONG].map((wait): [string[], RegExp] => [
    ['sync', 'DIR', ...RELAY, '--wait', wait],
    /no number of seconds/,
  ]),
  ...['status', 'verify', 'paths'].flatMap((command): [string[], RegExp][] => [
    [[command, 'DIR', 'DIR'], /[Tt]oo many arguments/],
    [[command, 'DIR'], /not kept in step/],
    [[command, ''], /empty/],
    [[command, LONG], /cannot be used|too long/],
    [[command, 'DIR', '--relay', 'ws://127.0.0.1:9'], /[Uu]nknown option '--relay'/],
  ]),
  ...['ls', 'versions', 'restore'].map((command): [string[], RegExp] => [
    [command, 'DIR'],
    /files lies in no directory/,
  ]),
];

const before = process.cwd();
let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-usage-')));
  for (const name of ['STATE_HOME', 'DATA_HOME', 'RUNTIME_DIR']) vi.stubEnv(`XDG_${name}`, join(root, name));
  await mkdir(join(root, 'files'));
  await writeFile(join(root, 'files', 'a.txt'), 'a\n');
  // Whatever is taken for a relative path by mistake is not to be found in this repository.
  process.chdir(join(root, 'files'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  process.chdir(before);
  await rm(root, { recursive: true, force: true });
});

async function run(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const stop = {
    signal: new AbortController().signal,
    stop: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
  const code = await main(
    args.map((arg) => arg.replace(/^DIR/, join(root, 'files'))),
    {
      version: '1.2.3',
      stop,
      stdout: { write: (text) => void (written.stdout += text) },
      stderr: { write: (text) => void (written.stderr += text) },
    },
  );
  return { code, ...written };
}

test.each(WRONG.map(([args, said]) => [args.map((arg) => arg.slice(0, 40)).join(' '), args, said] as const))(
  'evermesh %s: says what is wrong, as an event and in words, and begins nothing',
  async (_title, args, said) => {
    const [command, ...rest] = args;
    const asEvent = await run(command === undefined ? ['--json'] : [command, '--json', ...rest]);
    expect(asEvent.stderr).toBe('');
    const told = JSON.parse(asEvent.stdout) as Record<string, string>;
    expect(told).toMatchObject({ event: 'error', code: 'CONFIG_INVALID' });
    expect(told['message']).toMatch(said);
    expect(told['next']).toMatch(/\w/);
    // Whoever reads it wants to see the end of it, too.
    expect(told['message']!.length).toBeLessThan(6000);
    const inWords = await run(args);
    expect([asEvent.code, inWords.code, inWords.stdout]).toEqual([3, 3, '']);
    expect(inWords.stderr).toMatch(args.length === 0 ? /Usage/ : /^CONFIG_INVALID: .*\nNext: .*\n$/);
    expect(asEvent.stdout + inWords.stderr).not.toContain('secret');
    expect((await readdir(root, { recursive: true })).sort()).toEqual(['files', 'files/a.txt']);
  },
);

test('what was given with control characters is shown without them', async () => {
  const evil = '\u001b[31m\u0007\u202etxt';
  for (const args of [
    ['status', evil],
    [evil],
    ['sync', 'DIR', '--relay', evil],
    ['sync', 'DIR', ...RELAY, '--folder', evil],
    ['relay', '--allow-everyone', '--listen', evil],
    ['relay', '--token-file', evil],
  ]) {
    const [inWords, asEvent] = [await run(args), await run([...args, '--json'])];
    expect(inWords.code).toBe(3);
    for (const text of [inWords.stderr, asEvent.stdout])
      for (const character of ['\u001b', '\u0007', '\u202e']) expect(text).not.toContain(character);
    expect(inWords.stderr).toContain('\\u{1b}[31m');
    expect((JSON.parse(asEvent.stdout) as { message: string }).message).toContain('\u001b[31m');
  }
});
