/** `npm start`, apart from the build: what a person sees first must work, and must leave no process behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { readTree } from './support/tree.ts';

const DEMO = fileURLToPath(new URL('../scripts/demo.mjs', import.meta.url));
const EXPLAINED = 'All is kept for the next start.';

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-demo-')));
});

afterEach(async () => {
  for (const { pid } of await processesOf(root)) process.kill(pid, 'SIGKILL');
  await rm(root, { recursive: true, force: true, maxRetries: 3 });
});

/** A running demonstration, by the lines that it prints. */
class Demo {
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #look: () => void = () => undefined;
  #isOver = false;

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [DEMO, '--command', inject('command'), '--data', root, ...args], {
      stdio: 'pipe',
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#look();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#isOver = true;
        resolve(code);
        this.#look();
      });
    });
  }

  /** Resolves as soon as each of these was said, in any order and at any time. */
  async said(...texts: string[]): Promise<void> {
    const isSaid = (text: string): boolean => this.lines.some((line) => line.includes(text));
    while (!texts.every(isSaid)) {
      if (this.#isOver) throw new Error(`It ended before it said so:\n${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

/** Processes whose command names something below a directory. */
async function processesOf(directory: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = pids.map(async (pid) => {
    // One that ended meanwhile has no command.
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return { pid: Number(pid), command: command.replaceAll('\0', ' ') };
  });
  return (await Promise.all(all)).filter(({ command }) => command.includes(directory));
}

async function pidOf(command: string): Promise<number> {
  const found = (await processesOf(root)).filter((one) => one.command.includes(`bin.js ${command}`));
  expect(found).toHaveLength(1);
  return found[0]!.pid;
}

test('two devices show the same files, diverge while the relay is away, and merge when it is back', async () => {
  const laptop = join(root, 'laptop');
  const desktop = join(root, 'desktop');
  const demo = new Demo(['--outage', '2']);
  await demo.said(EXPLAINED, laptop, desktop);
  const seeded = await readTree(laptop);
  expect(Object.keys(seeded)).toContain('pictures/heart.png');
  expect(await readTree(desktop)).toEqual(seeded);

  await demo.said('away for 2 seconds');
  const poem = await readFile(join(laptop, 'poem.txt'), 'utf8');
  await writeFile(join(laptop, 'poem.txt'), poem.replace('honey', 'heather honey'));
  await writeFile(join(desktop, 'poem.txt'), poem.replace('Edward Lear', 'Edward Lear, 1870'));
  await demo.said('you edited poem.txt', 'relay    back', 'laptop     ... edited', 'desktop    ... edited');
  const merged = poem.replace('honey', 'heather honey').replace('Edward Lear', 'Edward Lear, 1870');
  expect(await readFile(join(laptop, 'poem.txt'), 'utf8')).toBe(merged);
  expect(await readTree(desktop)).toEqual(await readTree(laptop));

  await writeFile(join(desktop, 'new.txt'), 'new\n');
  await demo.said('laptop     ... created here as well: new.txt');
  expect(await readFile(join(laptop, 'new.txt'), 'utf8')).toBe('new\n');

  demo.signal('SIGTERM');
  expect(await demo.ended).toBe(0);
  expect(await processesOf(root)).toEqual([]);
});

test('a process that does not listen is ended by force, also when the signal comes twice', async () => {
  const [one, two] = [join(root, 'one'), join(root, 'two')];
  await mkdir(one);
  await writeFile(join(one, 'mine.txt'), 'mine\n');
  const demo = new Demo([one, two]);
  await demo.said(EXPLAINED);
  expect(await readTree(two)).toEqual({ 'mine.txt': 'file: "mine\\n"' });
  process.kill(await pidOf(`up ${one}`), 'SIGSTOP');
  demo.signal('SIGINT');
  demo.signal('SIGINT');
  expect(await demo.ended).toBe(0);
  expect(await processesOf(root)).toEqual([]);
});

test('what ends by itself is named, and the others end with it', async () => {
  const demo = new Demo([]);
  await demo.said(EXPLAINED);
  process.kill(await pidOf('relay'), 'SIGKILL');
  await demo.said('relay    It ended by itself (SIGKILL).');
  expect(await demo.ended).toBe(1);
  expect(await processesOf(root)).toEqual([]);
});
