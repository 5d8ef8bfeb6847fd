/**
 * The rules of the house can fail: each fixture below is written into a small copy of the repository's layout
 * and linted with the configuration that the repository itself uses. A rule that went blind (a renamed option,
 * a pattern that matches nothing) fails here instead of passing everything.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Expected, type Fixture, simulatedFixtures } from './support/lint-fixtures.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

const lines = (count: number): string => `${'// A line.\n'.repeat(count - 1)}export const last = 1;\n`;
const seam = (message: string): Expected => ({ rule: 'evermesh(seams)', message });
const layer = (message: string): Expected => ({ rule: 'evermesh(layers)', message });
const anywhere = 'packages/core/src/log';

const layerFixtures: Fixture[] = [
  [
    'log may not know the model',
    'packages/core/src/log/a.ts',
    `export * from '../model/index.ts';`,
    layer(`'log' may not import layer 'model'`),
  ],
  [
    'a nested file is in its layer too',
    'packages/core/src/model/file/a.ts',
    `import type { X } from '../../sync/index.ts';\nexport type Y = X;`,
    layer(`'model' may not import layer 'sync'`),
  ],
  [
    'sync may not know the model',
    'packages/core/src/sync/a.ts',
    `export const x = import('../model/index.ts');`,
    layer(`'sync' may not import layer 'model'`),
  ],
  [
    'type imports count',
    'packages/core/src/base/a.ts',
    `export type X = import('../errors/index.ts').X;`,
    layer(`'base' may not import layer 'errors'`),
  ],
  [
    'the folder may not know the replica',
    'packages/core/src/folder/a.ts',
    `export * from '../replica/index.ts';`,
    layer(`'folder' may not import layer 'replica'`),
  ],
  [
    'no layer imports the face of core',
    'packages/core/src/replica/a.ts',
    `export * from '../index.ts';`,
    layer(`'replica' may not import layer 'index'`),
  ],
  [
    'a directory that is no layer is refused',
    'packages/core/src/utils/a.ts',
    `export const x = 1;`,
    layer(`'utils' is no layer`),
  ],
  [
    'lower layers are welcome',
    'packages/core/src/folder/b.ts',
    `export * from '../model/index.ts';\nexport * from '../base/index.ts';`,
    'clean',
  ],
  [
    'an entry point of a library is no layer',
    'packages/core/src/protocol/b.ts',
    `import { x } from 'y-protocols/sync';\nexport const y = x;`,
    'clean',
  ],
  [
    'core imports no Node module',
    'packages/core/src/log/c.ts',
    `import { createHash } from 'node:crypto';\nexport const x = createHash;`,
    layer('core runs in browsers'),
  ],
  [
    'core imports no Node module by its bare name',
    'packages/core/src/log/d.ts',
    `import { join } from 'path';\nexport const x = join;`,
    layer('core runs in browsers'),
  ],
  [
    'core imports no other package',
    'packages/core/src/log/e.ts',
    `export * from '@evermesh/adapters/level';`,
    layer('no other package'),
  ],
  [
    'sources import no support for tests',
    'packages/core/src/log/f.ts',
    `export * from '../testing/store.ts';`,
    layer('support for tests'),
  ],
  [
    'support for tests may stand in a layer',
    'packages/core/src/model/tree/testing/oracle.ts',
    `import { join } from 'node:path';\nexport const x = [join, Date.now()];`,
    'clean',
  ],
  [
    'and is not for sources there either',
    'packages/core/src/model/tree/a.ts',
    `export * from './testing/oracle.ts';`,
    layer('support for tests'),
  ],
  [
    'the relay knows no model',
    'packages/server/src/a.ts',
    `export * from '@evermesh/core/model';`,
    layer(`not '@evermesh/core/model'`),
  ],
  [
    'the relay knows no replica',
    'packages/server/src/b.ts',
    `export * from '@evermesh/core';`,
    layer(`not '@evermesh/core'`),
  ],
  [
    'the relay knows protocol and log',
    'packages/server/src/c.ts',
    `export * from '@evermesh/core/protocol';\nexport * from '@evermesh/core/log';`,
    'clean',
  ],
  [
    'packages are imported by name',
    'packages/mirror/src/a.ts',
    `export * from '../../core/src/index.ts';`,
    layer('Import another package by its name'),
  ],
  [
    'packages are imported by name in tests too',
    'packages/adapters/src/a.test.ts',
    `export * from '../../core/src/index.ts';`,
    layer('Import another package by its name'),
  ],
  [
    'the mirror knows no relay',
    'packages/mirror/src/b.ts',
    `export * from '@evermesh/server';`,
    layer(`not '@evermesh/server'`),
  ],
  [
    'the command composes the others',
    'packages/cli/src/a.ts',
    `export * from '@evermesh/server';\nexport * from '@evermesh/adapters/level';`,
    'clean',
  ],
  [
    'tests may look across layers',
    'packages/core/src/log/a.test.ts',
    `export * from '../model/index.ts';\nexport * from '@evermesh/testkit';`,
    'clean',
  ],
];

const seamFixtures: Fixture[] = [
  ['Date.now', `${anywhere}/s1.ts`, `export const x = Date.now();`, seam(`'Date.now'`)],
  [
    'Date.now taken apart',
    `${anywhere}/s2.ts`,
    `const { now } = Date;\nexport const x = now;`,
    seam(`'Date.now'`),
  ],
  [
    'Date.now through globalThis',
    `${anywhere}/s3.ts`,
    `export const x = globalThis['Date'].now();`,
    seam(`'Date.now'`),
  ],
  ['new Date()', `${anywhere}/s4.ts`, `export const x = new Date();`, seam(`'new Date()'`)],
  [
    'a date of a given time',
    `${anywhere}/s5.ts`,
    `export const x = (time: number): string => new Date(time).toISOString();`,
    'clean',
  ],
  ['Math.random', `${anywhere}/s6.ts`, `export const x = Math.random();`, seam(`'Math.random'`)],
  [
    'setTimeout',
    `${anywhere}/s7.ts`,
    `export const x = (run: () => void): unknown => setTimeout(run, 1);`,
    seam(`'setTimeout'`),
  ],
  ['setInterval handed on', `${anywhere}/s8.ts`, `export const x = setInterval;`, seam(`'setInterval'`)],
  ['setImmediate', `${anywhere}/s9.ts`, `export const x = globalThis.setImmediate;`, seam(`'setImmediate'`)],
  [
    'setImmediate behind an assertion',
    `${anywhere}/s16.ts`,
    `export const x = (globalThis as unknown as { setImmediate: unknown }).setImmediate;`,
    seam(`'setImmediate'`),
  ],
  [
    'setTimeout taken out of globalThis',
    `${anywhere}/s17.ts`,
    `const { setTimeout: later } = globalThis;\nexport const x = later;`,
    seam(`'setTimeout'`),
  ],
  [
    'the type of a timer',
    `${anywhere}/s18.ts`,
    `export type X = [ReturnType<typeof setTimeout>, WebSocket];`,
    'clean',
  ],
  [
    'queueMicrotask',
    `${anywhere}/s10.ts`,
    `export const x = (run: () => void): void => queueMicrotask(run);`,
    'clean',
  ],
  [
    "a name of one's own",
    `${anywhere}/s11.ts`,
    `export const x = (setTimeout: () => void): void => setTimeout();`,
    'clean',
  ],
  ['performance.now', `${anywhere}/s12.ts`, `export const x = performance.now();`, seam(`'performance.now'`)],
  [
    'crypto.randomUUID',
    `${anywhere}/s13.ts`,
    `export const x = crypto.randomUUID();`,
    seam(`'crypto.randomUUID'`),
  ],
  [
    'crypto.getRandomValues',
    `${anywhere}/s14.ts`,
    `export const x = globalThis.crypto.getRandomValues(new Uint8Array(1));`,
    seam(`'crypto.getRandomValues'`),
  ],
  [
    'AbortSignal.timeout',
    `${anywhere}/s15.ts`,
    `export const x = AbortSignal.timeout(1);`,
    seam(`'AbortSignal.timeout'`),
  ],
  [
    'node:fs in the mirror',
    'packages/mirror/src/s1.ts',
    `import { stat } from 'node:fs/promises';\nexport const x = stat;`,
    seam(`'node:fs/promises'`),
  ],
  [
    'node:fs by its bare name',
    'packages/server/src/s1.ts',
    `// oxlint-disable-next-line unicorn/prefer-node-protocol -- the seam rule is what is tested\nimport { statSync } from 'fs';\nexport const x = statSync;`,
    seam(`'fs'`),
  ],
  [
    'node:fs loaded late',
    'packages/mirror/src/s2.ts',
    `export const x = import('node:fs');`,
    seam(`'node:fs'`),
  ],
  [
    'timers by import',
    'packages/server/src/s2.ts',
    `import { setTimeout as sleep } from 'node:timers/promises';\nexport const x = sleep;`,
    seam('node:timers/promises'),
  ],
  [
    'random bytes by import',
    'packages/server/src/s3.ts',
    `import { randomBytes } from 'node:crypto';\nexport const x = randomBytes;`,
    seam(`'randomBytes'`),
  ],
  [
    'the environment',
    'packages/mirror/src/s3.ts',
    `export const x = process.env['HOME'];`,
    seam(`'process.env'`),
  ],
  [
    'the global WebSocket',
    'packages/core/src/sync/s1.ts',
    `export const x = (url: string): WebSocket => new WebSocket(url);`,
    seam(`'WebSocket'`),
  ],
  [
    'the clock and randomness of core',
    'packages/core/src/base/system-clock.ts',
    `export const x = [Date.now(), performance.now(), crypto.randomUUID()];`,
    'clean',
  ],
  [
    "the file system of core is nobody's",
    'packages/core/src/base/system-files.ts',
    `import { stat } from 'node:fs/promises';\nexport const x = stat;`,
    seam(`'node:fs/promises'`),
  ],
  [
    'adapters',
    'packages/adapters/src/web-socket.ts',
    `import { stat } from 'node:fs/promises';\nexport const x = [stat, Date.now(), WebSocket];`,
    'clean',
  ],
  [
    'the file system of the mirror',
    'packages/mirror/src/fs/node-files.ts',
    `import { stat } from 'node:fs/promises';\nexport const x = stat;`,
    'clean',
  ],
  [
    'only node- files in that directory',
    'packages/mirror/src/fs/file-system.ts',
    `import { stat } from 'node:fs/promises';\nexport const x = stat;`,
    seam(`'node:fs/promises'`),
  ],
  [
    'the file system of the relay',
    'packages/server/src/node-blobs.ts',
    `import { stat } from 'node:fs/promises';\nexport const x = stat;`,
    'clean',
  ],
  [
    'the relay takes its clock',
    'packages/server/src/node-clock.ts',
    `export const x = Date.now();`,
    seam(`'Date.now'`),
  ],
  [
    'the command reads files',
    'packages/cli/src/s1.ts',
    `import { stat } from 'node:fs/promises';\nexport const x = stat;`,
    'clean',
  ],
  [
    'the command takes its clock',
    'packages/cli/src/s2.ts',
    `export const x = Date.now();`,
    seam(`'Date.now'`),
  ],
  [
    'tests',
    'packages/core/src/log/s.test.ts',
    `import { stat } from 'node:fs/promises';\nexport const x = [stat, Date.now(), Math.random()];`,
    'clean',
  ],
  [
    'the simulator',
    'packages/testkit/src/sim/s.ts',
    `export const x = Math.random();`,
    seam(`'Math.random'`),
  ],
  [
    'the real event loop under the simulator',
    'packages/testkit/src/sim/scheduler.ts',
    `export const x = (run: () => void): unknown => setImmediate(run);`,
    'clean',
  ],
  ...['http', 'https', 'net', 'tls', 'dgram', 'dns'].map((name): Fixture => [
    `node:${name}`,
    `packages/server/src/s-${name}.ts`,
    `import * as all from 'node:${name}';\nexport const x = all;`,
    seam(`'node:${name}'`),
  ]),
  [
    'ws',
    'packages/server/src/s4.ts',
    `import { WebSocketServer } from 'ws';\nexport const x = WebSocketServer;`,
    seam(`'ws'`),
  ],
  [
    'fetch',
    'packages/mirror/src/s4.ts',
    `export const x = (url: string): unknown => fetch(url);`,
    seam(`'fetch'`),
  ],
  [
    'a socket of the command',
    'packages/cli/src/s3.ts',
    `import { connect } from 'node:net';\nexport const x = connect;`,
    seam(`'node:net'`),
  ],
  [
    'what tells an address from a name',
    'packages/cli/src/s4.ts',
    `import { isIPv6 } from 'node:net';\nexport const x = isIPv6;`,
    'clean',
  ],
  [
    'the types of a server',
    'packages/server/src/s5.ts',
    `import { type IncomingMessage } from 'node:http';\nexport type X = IncomingMessage;`,
    'clean',
  ],
  [
    "the relay's door",
    'packages/server/src/relay-server.ts',
    `import { createServer } from 'node:http';\nimport { WebSocketServer } from 'ws';\nexport const x = [createServer, WebSocketServer];`,
    'clean',
  ],
  [
    'node:crypto as a whole',
    'packages/server/src/s6.ts',
    `import * as crypto from 'node:crypto';\nexport const x = crypto;`,
    seam(`'node:crypto' as a whole`),
  ],
  [
    'node:process as a whole',
    'packages/mirror/src/s5.ts',
    `import process from 'node:process';\nexport const x = process;`,
    seam(`'node:process' as a whole`),
  ],
];

const otherFixtures: Fixture[] = [
  [
    'an unwaited promise',
    'packages/core/src/log/p1.ts',
    `export function x(): void {\n  Promise.resolve(1);\n}`,
    { rule: 'typescript(no-floating-promises)' },
  ],
  [
    'an unwaited promise in a test',
    'packages/core/src/log/p.test.ts',
    `async function x(): Promise<void> {}\nx();`,
    { rule: 'typescript(no-floating-promises)' },
  ],
  [
    'a promise as a condition',
    'packages/core/src/log/p2.ts',
    `export const x = (y: Promise<boolean>): number => (y ? 1 : 2);`,
    { rule: 'typescript(no-misused-promises)' },
  ],
  [
    'console in a library',
    'packages/server/src/o1.ts',
    `console.log('x');\nexport {};`,
    { rule: 'eslint(no-console)' },
  ],
  ['console in the command', 'packages/cli/src/o1.ts', `console.log('x');`, 'clean'],
  ['console in a benchmark', 'bench/o1.ts', `console.log('x');`, 'clean'],
  [
    'any',
    'packages/core/src/log/o1.ts',
    `export const x = (y: any): number => y;`,
    { rule: 'typescript(no-explicit-any)' },
  ],
  ['a file of 301 lines', 'packages/core/src/log/o2.ts', lines(301), { rule: 'eslint(max-lines)' }],
  ['a file of 300 lines', 'packages/core/src/log/o3.ts', lines(300), 'clean'],
  ['a test of 600 lines', 'packages/core/src/log/o4.test.ts', lines(600), 'clean'],
  ['a test of 601 lines', 'packages/core/src/log/o5.test.ts', lines(601), { rule: 'eslint(max-lines)' }],
  [
    'a suppression without a reason',
    'packages/core/src/log/o6.ts',
    `// oxlint-disable-next-line no-console\nconsole.log('x');\nexport {};`,
    { rule: 'evermesh(explained-suppression)' },
  ],
  [
    'a suppression with a reason',
    'packages/core/src/log/o7.ts',
    `// oxlint-disable-next-line no-console -- the fixture needs one\nconsole.log('x');\nexport const x = 1;`,
    'clean',
  ],
  [
    'a suppression of nothing',
    'packages/core/src/log/o8.ts',
    `// oxlint-disable-next-line no-console -- nothing here\nexport const x = 1;`,
    { rule: '', message: 'Unused' },
  ],
  [
    'one half of a cycle',
    'packages/core/src/log/cycle-a.ts',
    `import { b } from './cycle-b.ts';\nexport const a = (): number => b();`,
    { rule: 'import(no-cycle)' },
  ],
  [
    'the other half of it',
    'packages/core/src/log/cycle-b.ts',
    `import { a } from './cycle-a.ts';\nexport const b = (): number => a();`,
    { rule: 'import(no-cycle)' },
  ],
  [
    'a cycle of types',
    'packages/core/src/log/cycle-c.ts',
    `import type { D } from './cycle-d.ts';\nexport type C = D | 1;`,
    { rule: 'import(no-cycle)' },
  ],
  [
    'through another file',
    'packages/core/src/log/cycle-d.ts',
    `export type { C as D } from './cycle-e.ts';`,
    { rule: 'import(no-cycle)' },
  ],
  [
    'back to the first',
    'packages/core/src/log/cycle-e.ts',
    `export type { C } from './cycle-c.ts';`,
    { rule: 'import(no-cycle)' },
  ],
];

interface Finding {
  readonly code?: string;
  readonly message: string;
  readonly filename: string;
}

let root: string;
let findings: readonly Finding[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'evermesh-lint-'));
  await Promise.all(
    ['.oxlintrc.json', 'tsconfig.base.json'].map((file) => cp(join(repository, file), join(root, file))),
  );
  await Promise.all(
    ['scripts', 'node_modules'].map((name) => symlink(join(repository, name), join(root, name))),
  );
  const compilerOptions = { noEmit: true, composite: false, lib: ['es2023', 'dom'], types: ['node'] };
  const tsconfig = { extends: './tsconfig.base.json', compilerOptions, include: ['packages', 'bench'] };
  await writeFile(join(root, 'tsconfig.json'), JSON.stringify(tsconfig));
  for (const [, path, source] of [
    ...layerFixtures,
    ...seamFixtures,
    ...simulatedFixtures,
    ...otherFixtures,
  ]) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), source);
  }
  const oxlint = join(repository, 'node_modules/oxlint/bin/oxlint');
  const run = spawnSync(process.execPath, [oxlint, '--format=json', 'packages', 'bench'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(run.stdout, run.stderr).toContain('diagnostics');
  findings = (JSON.parse(run.stdout) as { diagnostics: Finding[] }).diagnostics;
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

function check(path: string, expected: Expected): void {
  const here = findings.filter((finding) => finding.filename.endsWith(path));
  if (expected === 'clean') {
    expect(here).toEqual([]);
    return;
  }
  const said = here.map(({ code, message }) => ({ rule: code ?? '', message }));
  const message: unknown = expect.stringContaining(expected.message ?? '');
  expect(said).toContainEqual({ rule: expected.rule, message });
}

describe('imports point one way', () => {
  test.each(layerFixtures)('%s', (_title, path, _source, expected) => check(path, expected));
});

describe('the world comes in through seams', () => {
  test.each(seamFixtures)('%s', (_title, path, _source, expected) => check(path, expected));
});

describe('what is simulated', () => {
  test.each(simulatedFixtures)('%s', (_title, path, _source, expected) => check(path, expected));
});

describe('mistakes are found', () => {
  test.each(otherFixtures)('%s', (_title, path, _source, expected) => check(path, expected));
});

test('no two fixtures share a file', () => {
  const paths = [...layerFixtures, ...seamFixtures, ...simulatedFixtures, ...otherFixtures].map(
    ([, path]) => path,
  );
  expect(new Set(paths).size).toBe(paths.length);
});
