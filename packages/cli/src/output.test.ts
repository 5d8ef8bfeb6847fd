import { describe, expect, test } from 'vitest';
import type { FolderId } from '@evermesh/core/base';
import type { CliEvent } from './events.ts';
import { openOutput, type Output, type Sink } from './output.ts';
import type { ConflictReport, StatusReport } from './reports.ts';

class Page implements Sink {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

const open = (
  options: { json?: boolean; terminal?: boolean; noColor?: boolean } = {},
): { output: Output; stdout: Page; stderr: Page } => {
  const [stdout, stderr] = [new Page(options.terminal), new Page(options.terminal)];
  const output = openOutput({
    stdout,
    stderr,
    json: options.json ?? false,
    noColor: options.noColor ?? false,
  });
  return { output, stdout, stderr };
};

const change = (path: string): CliEvent => ({
  event: 'change',
  direction: 'received',
  change: 'edited',
  path,
});
const progress: CliEvent = { event: 'progress', phase: 'scan', done: 1000, total: 2000 };
const error: CliEvent = { event: 'error', code: 'AUTH_DENIED', message: 'No.', next: 'Ask.' };

const status: StatusReport = {
  directory: '/notes',
  running: true,
  device: { id: 'd1', name: 'laptop' },
  devices: [],
  folder: { id: 'f1', name: 'notes' },
  link: { relay: 'ws://r', state: 'connected' },
  mirror: 'watching',
  files: 3214,
  inStep: true,
  pending: { onDisk: 0, toRelay: 0, fromRelay: 0, contents: 0 },
  missing: [],
  conflicts: [],
  problems: [],
  ignoredCount: 0,
};

describe('for programs', () => {
  test('each event is one line of JSON on stdout, also an error', () => {
    const { output, stdout, stderr } = open({ json: true, terminal: true });
    for (const event of [change('a\nb'), progress, error]) output.tell(event);
    expect(
      stdout.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([change('a\nb'), progress, error]);
    expect(stderr.text).toBe('');
  });
});

describe('for people', () => {
  test('answers go to stdout, errors with their next step to stderr', () => {
    const { output, stdout, stderr } = open();
    output.tell(change('a.md'));
    output.tell(error);
    expect(stdout.text).toBe('received edited a.md\n');
    expect(stderr.text).toBe('AUTH_DENIED: No.\nNext: Ask.\n');
  });

  test('a name cannot write to the terminal', () => {
    const { output, stdout } = open();
    output.tell(change('\u001b[2J\nstopped'));
    expect(stdout.text).toBe('received edited \\u{1b}[2J\\u{a}stopped\n');
  });

  test('colour needs a terminal, and that nobody said no', () => {
    const shown = [{ terminal: true }, { terminal: true, noColor: true }, {}].map((options) => {
      const { output, stdout } = open(options);
      output.tell(change('a'));
      return stdout.text.includes('\u001b');
    });
    expect(shown).toEqual([true, false, false]);
  });

  test('thousands of changes are told as a number', () => {
    const { output, stdout } = open();
    for (let index = 0; index < 3000; index++) output.tell(change(`file-${index}`));
    output.tell({ event: 'synced', files: 3000 });
    const lines = stdout.text.trimEnd().split('\n');
    expect(lines).toHaveLength(22);
    expect(lines.at(-2)).toBe('... and 2,980 further changes.');
    expect(lines.at(-1)).toContain('3,000 files');
  });

  test('progress is one line of a terminal, gone before the next words', () => {
    const { output, stderr, stdout } = open({ terminal: true, noColor: true });
    output.tell(progress);
    output.tell(change('a'));
    expect(stderr.text).toBe('\r\u001b[Kscan: 1,000 of 2,000\r\u001b[K');
    expect(stdout.text).toBe('received edited a\n');
    const piped = open();
    piped.output.tell(progress);
    expect(piped.stderr.text + piped.stdout.text).toBe('');
  });

  test('a new folder comes with the command for the second device', () => {
    const { output, stdout } = open();
    const join = 'evermesh up notes --relay ws://r --folder abc';
    output.tell({
      event: 'folder',
      id: 'abc' as FolderId,
      name: 'notes',
      directory: '/notes',
      device: 'laptop',
      created: true,
      join,
    });
    expect(stdout.text).toContain(`\n  ${join}\n`);
    const other = open();
    other.output.tell({
      event: 'folder',
      id: 'abc' as FolderId,
      name: 'notes',
      directory: '/notes',
      device: 'laptop',
      created: false,
      join,
    });
    expect(other.stdout.text).not.toContain(join);
  });

  test('an address that leads nowhere from another device is not passed on without a word', () => {
    const words = (relay: string): string => {
      const { output, stdout } = open();
      const join = `evermesh up notes --relay ${relay} --folder abc`;
      const folder = { id: 'abc' as FolderId, name: 'notes', directory: '/notes', device: 'laptop' };
      output.tell({ event: 'folder', ...folder, created: true, join });
      return stdout.text;
    };
    const hint = 'leads to this computer';
    for (const host of ['127.0.0.1:8787', 'localhost:8787', '[::1]:8787'])
      expect(words(`ws://${host}`)).toContain(hint);
    for (const host of ['relay.example', 'localhosting.example', '10.0.0.7:8787'])
      expect(words(`wss://${host}`)).not.toContain(hint);
  });

  test('status says in step only if it is', () => {
    const words = (report: Partial<StatusReport>): string => {
      const { output, stdout } = open();
      output.tell({ event: 'status', ...status, ...report });
      return stdout.text;
    };
    expect(words({})).toContain('in step, 3,214 files here');
    expect(words({ running: false, link: { relay: 'ws://r', state: 'off' } })).toContain(
      'in step as far as is known here',
    );
    expect(words({ inStep: false, pending: { ...status.pending, toRelay: 2, fromRelay: 1 } })).toContain(
      'not in step, 3,214 files here; 2 changes not yet at the relay, 1 item not yet fetched from the relay',
    );
    const missing = words({
      inStep: false,
      mirror: 'waiting',
      pending: { ...status.pending, contents: 3 },
      missing: ['a.png', 'b\u001b.png'],
    });
    expect(missing).toContain('not in step, 3,214 files here; 3 files wait for their contents\n');
    expect(missing).toContain('without its content: a.png\n');
    expect(missing).toContain('without its content: b\\u{1b}.png\n');
    expect(missing).toContain('... and 1 further file\n');
    const conflict: ConflictReport = {
      path: 'a.png',
      kind: 'content',
      detail: 'another version is kept',
      next: 'Look at both.',
      versions: [],
    };
    expect(words({ conflicts: [conflict] })).toMatch(
      /a\.png \(content\): another version is kept\n +Next: Look at both\./,
    );
    expect(words({ ignoredCount: 2 })).toContain('--ignored');
    expect(words({ ignoredCount: 1, ignored: [{ path: '.git', reason: 'version control' }] })).toContain(
      '.git: version control',
    );
  });
});

test('files of which something waits are named with the device whose edits these are, and what to do', () => {
  const { output, stdout } = open();
  const waiting = [
    { path: 'a.md', devices: ['d1'] },
    { path: 'b.md', devices: [] },
  ];
  output.tell({ event: 'verified', directory: '/notes', files: 2, disk: [], store: [], waiting });
  const lines = stdout.text.split('\n');
  expect(lines[1]).toBe('waits a.md: something in it builds on edits of d1, which are not here');
  expect(lines[2]).toContain('b.md: something in it builds on edits of a device of which nothing is here');
  expect(lines[3]).toBe('Next: connect that device. What is here is kept, and shown when these edits come.');
});

test('other devices are told by name, and what happened by who did it', () => {
  const { output, stdout } = open();
  const devices = [
    { id: '1'.repeat(32), name: 'desk' },
    { id: '2'.repeat(32), name: 'desk\u001b (22222222)' },
  ];
  output.tell({ event: 'status', ...status, devices });
  expect(stdout.text).toContain('others     desk (11111111), desk\\u{1b} (22222222)\n');
  output.tell({
    ...{ event: 'log', path: '' },
    changes: [
      { type: 'moved', path: 'b', from: 'a', time: 0, device: 'desk' },
      { type: 'edited', path: 'a', time: 0, device: '1'.repeat(32), version: '0123456789abcdef' },
    ],
  });
  expect(stdout.text).toContain(`1970-01-01 00:00:00  ${'desk'.padEnd(20)}  moved    a -> b\n`);
  expect(stdout.text).toContain(`1970-01-01 00:00:00  ${'11111111'.padEnd(20)}  edited   a  0123456789\n`);
  output.tell({ event: 'log', path: '', changes: [] });
  expect(stdout.text).toMatch(/Nothing is known of what happened there\.\n$/);
});

test('a sync that left something says what would help: the relay, a device, or somebody who sees to a problem', () => {
  const { output, stdout } = open();
  const pending = { onDisk: 0, toRelay: 1, fromRelay: 0, contents: 0 };
  const left: Extract<CliEvent, { event: 'sync' }> = {
    ...({ event: 'sync' } as const),
    ...{ directory: '/d', inStep: false, changes: 0, files: 1, pending, missing: [] },
    ...{ link: { relay: 'ws://r', state: 'connected' }, conflicts: [], problems: [] },
  };
  const problem = { path: 'a', code: 'QUOTA_EXCEEDED', message: 'It is full.', next: 'Allow more.' };
  output.tell({ ...left, problems: [problem] });
  output.tell({ ...left, pending: { ...pending, contents: 1 } });
  output.tell({ ...left, link: { relay: 'ws://r', state: 'away' } });
  expect(stdout.text.match(/^Next: .*(problems|device|reached)/gm)?.length).toBe(3);
});

describe('a difference', () => {
  const version = { id: '0123456789abcdef~x', time: 0, device: 'laptop', kind: 'text', size: 1 } as const;
  const diff: CliEvent = {
    ...{ event: 'diff', path: 'a b.md', from: version, to: version, kind: 'text', same: false },
    hunks: [
      {
        ...{ fromLine: 1, fromCount: 2, toLine: 1, toCount: 1 },
        lines: [
          { kind: 'same', text: 'one\ttab\n' },
          { kind: 'removed', text: 'two\u001b[2J' },
        ],
      },
    ],
  };
  const head = '0123456789~x, 1970-01-01 00:00:00, 1 byte, laptop';
  const lines = [`--- a/a b.md\t${head}`, `+++ b/a b.md\t${head}`, '@@ -1,2 +1 @@', ' one\ttab'];

  test('is what a patch is, and the file as it is, for a program', () => {
    const { output, stdout } = open();
    output.tell(diff);
    const end = ['-two\u001b[2J', '\\ No newline at end of file', ''];
    expect(stdout.text).toBe([...lines, ...end].join('\n'));
  });

  test('quotes a name that no line can hold, as git does', () => {
    const { output, stdout } = open({ terminal: true });
    output.tell({ ...diff, path: 'a "b"\t\u202ec\\\u001b[2J' });
    expect(stdout.text).toContain(`--- "a/a \\"b\\"\\011\\342\\200\\256c\\\\\\033[2J"\t${head}\n`);
  });

  test('moves no cursor, and has colours where these are wanted', () => {
    for (const noColor of [true, false]) {
      const { output, stdout } = open({ terminal: true, noColor });
      output.tell(diff);
      expect(stdout.text).toContain('-two\\u{1b}[2J');
      expect(stdout.text).not.toContain('\u001b[2J');
      expect(stdout.text.includes('\u001b[31m-two')).toBe(!noColor);
    }
  });

  test('of the first version is from nothing, and of what is no text is told by its size', () => {
    const { output, stdout } = open();
    output.tell({ ...diff, from: undefined });
    expect(stdout.text).toMatch(/^--- \/dev\/null\n/);
    output.tell({ ...diff, kind: 'blob', hunks: [] });
    expect(stdout.text).toContain(`a b.md is no text in both: ${head} and ${head}\n`);
    output.tell({ ...diff, from: undefined, kind: 'blob', hunks: [] });
    expect(stdout.text).toContain(`a b.md is no text: ${head}\n`);
    output.tell({ ...diff, same: true, hunks: [] });
    expect(stdout.text).toContain('a b.md holds the same in both.\n');
  });
});
