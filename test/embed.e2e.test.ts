/** The example that the README sends people to does what it says. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const EXAMPLE = fileURLToPath(new URL('../examples/embed.ts', import.meta.url));
const FROM_SOURCES = ['--conditions=@evermesh/source', '--import', import.meta.resolve('tsx')];

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evermesh-embed-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

test('two replicas of one program meet over a relay, and one hears of what the other wrote', async () => {
  const program = spawn(process.execPath, [...FROM_SOURCES, EXAMPLE, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise((resolve) => {
    program.once('close', resolve);
  });
  const [said, complained] = await Promise.all([text(program.stdout), text(program.stderr)]);
  expect(await code, complained).toBe(0);
  expect(said).toBe('remote edited todo/today.md\n- water the plants\n- call Anna\n\n');
});
