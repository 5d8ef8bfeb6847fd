/**
 * `npm start [-- DIR1 DIR2] [--outage SECONDS]`: a relay and two devices on this computer, each a process of its own with
 * its own data. Edit files on either side and watch them arrive; press `r` to take the relay away and to bring it back.
 * Without a terminal, `--outage 20` takes it away once, for 20 seconds. Everything is kept between starts.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Child } from './demo/child.mjs';
import { explain, narrator, say, tellError } from './demo/screen.mjs';
import { seed } from './demo/seed.mjs';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const NAMES = ['laptop', 'desktop'];
const PARENT = process.ppid;
/** The longer it was away, the more seldom they look. */
const BACK = 'back; the devices find it within 15 seconds';

const settings = readArguments();
const env = {
  ...process.env,
  // What is remembered here stays apart from the directories that a person keeps in step on this computer.
  XDG_STATE_HOME: join(settings.data, 'state'),
  XDG_DATA_HOME: join(settings.data, 'share'),
};

const children = new Set();
let relay;
let relayUrl;
let isRelayBusy = false;
let ending;

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => void end(0));
// However this process ends, nobody stays behind.
process.on('exit', () => {
  for (const child of children) child.kill();
});
stopWithNpm();
try {
  await run();
} catch (error) {
  console.error(error.message);
  await end(1);
}

async function run() {
  await mkdir(settings.data, { recursive: true });
  const [laptop, desktop] = settings.directories;
  if (settings.isOwn) await seed(laptop);
  await startRelay();
  const first = startDevice(NAMES[0], laptop, []);
  const { id } = await first.first('folder');
  // The folder must be at the relay before another device can join it.
  await first.first('synced');
  await startDevice(NAMES[1], desktop, ['--folder', id]).first('synced');
  explain(settings.directories, process.stdin.isTTY);
  listenForKeys();
  if (settings.outage !== undefined) await outage(settings.outage);
}

function start(name, args, onEvent) {
  const child = new Child([settings.command, ...args, '--json'], {
    env,
    onEvent,
    onLost(why) {
      children.delete(child);
      for (const line of why) say(name, line);
      if (settings.isOwn) say('', `To begin anew, remove ${settings.home}.`);
      void end(1);
    },
  });
  children.add(child);
  return child;
}

function startDevice(name, directory, args) {
  const device = ['up', directory, '--relay', relayUrl, '--device-name', name];
  return start(name, [...device, ...args], narrator(name));
}

/** The first time at any free port; after that the devices look for it where it was. */
async function startRelay() {
  const listen = relayUrl === undefined ? '127.0.0.1:0' : new URL(relayUrl).host;
  const args = ['relay', '--listen', listen, '--allow-everyone', '--data', join(settings.data, 'relay')];
  relay = start('relay', args, (event) => {
    if (event.event === 'error') tellError('relay')(event);
  });
  relayUrl = (await relay.first('listening')).url;
}

async function takeRelayAway() {
  const leaving = relay;
  relay = undefined;
  await leaving.stop();
  children.delete(leaving);
}

async function outage(seconds) {
  isRelayBusy = true;
  await takeRelayAway();
  say('relay', `away for ${seconds} seconds: change both sides now`);
  await new Promise((passed) => {
    setTimeout(passed, seconds * 1000);
  });
  if (ending !== undefined) return;
  await startRelay();
  say('relay', BACK);
  isRelayBusy = false;
}

async function toggleRelay() {
  if (isRelayBusy || ending !== undefined) return;
  isRelayBusy = true;
  if (relay === undefined) {
    await startRelay();
    say('relay', BACK);
  } else {
    await takeRelayAway();
    say('relay', 'away: change both sides, then press r again');
  }
  isRelayBusy = false;
}

function listenForKeys() {
  const { stdin } = process;
  if (!stdin.isTTY) return;
  stdin.setRawMode(true);
  stdin.on('data', (keys) => {
    for (const key of String(keys)) {
      if (key === 'r') void toggleRelay();
      // A terminal in raw mode does not turn Ctrl-C into a signal.
      if (key === '\u0003' || key === 'q') void end(0);
    }
  });
}

/** npm ends the shell between it and this process by a signal that the shell does not hand on. */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  setInterval(() => {
    if (process.ppid !== PARENT) void end(0);
  }, 500).unref();
}

/** Stops devices before the relay, so that what they did last is sent. Asked again, it goes on with what it began. */
function end(code) {
  ending ??= (async () => {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    console.log('Stopping ...');
    await stopAll([...children].filter((child) => child !== relay));
    // One more may have been on its way when the end came.
    while (children.size > 0) await stopAll([...children]);
    process.exit(code);
  })();
  return ending;
}

async function stopAll(some) {
  await Promise.all(some.map((child) => child.stop()));
  for (const child of some) children.delete(child);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        outage: { type: 'string' },
        // For tests: another place for everything, and another build of the command.
        data: { type: 'string', default: join(REPOSITORY, 'demo') },
        command: { type: 'string', default: join(REPOSITORY, 'packages/cli/dist/bin.js') },
      },
    });
    if (positionals.length !== 0 && positionals.length !== 2)
      throw new Error('Give two directories, or none.');
    const outageSeconds = values.outage === undefined ? undefined : Number(values.outage);
    if (outageSeconds !== undefined && !(outageSeconds >= 0))
      throw new Error('--outage is a number of seconds.');
    const home = resolve(values.data);
    const isOwn = positionals.length === 0;
    return {
      home,
      isOwn,
      directories: isOwn ? NAMES.map((name) => join(home, name)) : positionals.map((path) => resolve(path)),
      data: join(home, 'data'),
      command: resolve(values.command),
      outage: outageSeconds,
    };
  } catch (error) {
    console.error(`${error.message}\nUsage: npm start [-- DIR1 DIR2] [--outage SECONDS]`);
    return process.exit(3);
  }
}
