/**
 * One relay in a process of its own: `serve.ts NAME DIRECTORY`. Prints where it listens as a line of JSON, and with each SIGUSR2
 * another: what is alive in its memory, after collecting, and the time that all its threads were on processors.
 */
import { SERVERS } from './servers.ts';

const [name = '', directory = ''] = process.argv.slice(2);
const serve = SERVERS[name];
if (serve === undefined) throw new Error(`There is no relay '${name}'.`);
const tell = (what: object): void => console.log(JSON.stringify(what));

/** Looking costs time itself, which is nobody's. */
let looking = 0;
process.on('SIGUSR2', () => {
  const before = processorMicroseconds();
  const told = { processorMicroseconds: before - looking, liveBytes: liveBytes() };
  looking += processorMicroseconds() - before;
  tell(told);
});
const serving = await serve(directory);
process.on('SIGTERM', () => {
  // What a relay does not end of itself keeps nobody waiting: nothing of it is looked at any more.
  void serving.close().finally(() => process.exit());
});
tell({ port: serving.port });

function processorMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Of the heap and outside of it; array buffers are a part of that. */
function liveBytes(): number {
  // What a first collection finds is let go by finalizers, and collected by the next.
  for (let i = 0; i < 3; i++) (globalThis as unknown as { gc: () => void }).gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
