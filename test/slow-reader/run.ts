/**
 * `npm run slow-reader -- --seconds 60`: a relay of its own process, a device that writes, and one that stops reading for so long. Prints
 * once a second what the relay took, and what it holds.
 */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleCommand } from '../support/bundle-command.ts';
import { homeOf } from '../support/home.ts';
import { EvermeshProcess } from '../support/process.ts';
import { stallReader } from './stall-reader.ts';

const MIB = 1024 * 1024;
/** Bytes that a relay may hold for one reader: its bound, and one frame. */
const HELD = 8 * MIB;

const say = (line: string): void => {
  // oxlint-disable-next-line no-console -- a program, whose output this is
  console.log(line);
};

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new TypeError('--seconds takes a number.');

const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-slow-reader-')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
const command = await bundleCommand(join(root, 'command'));
const local = '127.0.0.1:0';
const args = ['relay', '--json', '--allow-everyone', '--listen', local, '--metrics', local, '--data', root];
const relay = new EvermeshProcess(args, { command, env: homeOf(root), cwd: root });
process.on('exit', () => {
  relay.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});
const { url, metrics } = await relay.next('listening');

const began = performance.now();
let printed = -1;
let most = 0;
let taken = 0;
const isEqual = await stallReader({ url, metricsUrl: metrics }, ({ written, waiting }) => {
  const passed = (performance.now() - began) / 1000;
  most = Math.max(most, waiting);
  taken = written;
  if (Math.floor(passed) > printed) {
    printed = Math.floor(passed);
    const mib = (bytes: number): string => (bytes / MIB).toFixed(1).padStart(7);
    say(
      `${String(printed).padStart(4)} s  taken ${mib(written)} MiB  held ${mib(waiting)} MiB  ` +
        `resident ${mib(residentBytes())} MiB`,
    );
  }
  return passed >= seconds;
});
await relay.stop();
const isBounded = most <= HELD;
say(
  `slow reader: stopped for ${seconds} s, ${(taken / MIB).toFixed(0)} MiB taken meanwhile, at most ` +
    `${(most / MIB).toFixed(1)} MiB held, ${isEqual ? 'all of it there in the end' : 'NOT ALL THERE in the end'}`,
);
process.exitCode = isEqual && isBounded ? 0 : 1;

/** Of the relay's process; `NaN` where the system does not say. */
function residentBytes(): number {
  try {
    const status = readFileSync(`/proc/${relay.pid}/status`, 'utf8');
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  } catch {
    return Number.NaN;
  }
}
