#!/usr/bin/env node
/** The `evermesh` command: connects one run to this process. */
import { readFileSync } from 'node:fs';
import { main } from './main.ts';
import { listenForStop } from './stop-signal.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const stop = listenForStop(process);
// No timer of the engine keeps a process alive, so something has to while a command waits for one; a port does.
const alive = new MessageChannel().port1;
alive.ref();
// A reader such as `head` may leave early. What is done is kept, so the command only ends sooner.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => stop.stop('Nobody reads the output.'));
}
const code = await main(process.argv.slice(2), {
  version,
  stop,
  stdout: process.stdout,
  stderr: process.stderr,
});
// Everything is closed by now. A handle that some library still holds must not keep the terminal waiting.
process.exit(code);
