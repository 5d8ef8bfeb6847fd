/** Somebody comes back who was in step: what that costs by how much changed meanwhile. */
import { once } from 'node:events';
import type { Replica } from '@evermesh/core';
import { CountingProxy, since, type WireCount } from '../counting-proxy.ts';
import { EVERMESH } from '../figures.ts';
import { median } from '../measure.ts';
import { BARE, type RelayEngine } from './engines.ts';
import { connectTo, deviceAt } from './devices.ts';
import { Arrivals, pasted } from './load.ts';
import { type Part, type PartContext, withEach } from './part.ts';
import type { RelayProcess } from './relay-process.ts';
import { closeSockets, openSocket } from './sockets.ts';

/** Documents of which something changed. */
export const CHANGED = [0, 1, 100] as const;
/** Characters of each document. */
const CONTENT = 4096;
/** Silence after which nothing more is to come. */
const QUIET_MS = 300;
const ROUND_TRIPS = 20;

export const reconnect: Part = (context) =>
  withEach(context, 'reconnect', async (engine, relay) => {
    const { options } = context;
    if (engine.name === EVERMESH) await deviceReturns(context, relay, options.count('reconnect'));
    else if (engine.name === BARE) await roundTrip(context, relay);
    else if (engine.keeps && engine.isSlow !== true)
      await peerReturns(context, engine, relay, options.count('reconnect-of-peers'));
  });

interface Return {
  readonly subject: string;
  readonly name: string;
  readonly milliseconds: number;
  readonly count: WireCount;
}

function note({ figures }: PartContext, { subject, name, milliseconds, count }: Return): void {
  figures.add(`${subject}: time`, name, 'ms', milliseconds);
  figures.add(`${subject}: frames`, name, '', count.dataFrames);
  figures.add(`${subject}: bytes without the upgrade`, name, 'B', count.bytes - count.upgradeBytes);
}

export const subjectOf = (changed: number): string => `reconnect, ${changed} changed`;

/**
 * A folder of files, on two devices with stores on disk. The one is away while the other, which stays, changes some; in the end that one
 * is away as well, and the relay has to open the folder first.
 */
async function deviceReturns(context: PartContext, relay: RelayProcess, files: number): Promise<void> {
  const directory = await context.newDirectory();
  await using writer = await deviceAt(directory, 'writer');
  const folder = await writer.createFolder({ name: 'reconnect' });
  for (let i = 0; i < files; i += 100) {
    await folder.mkdir(String(i / 100));
    for (let file = i; file < Math.min(files, i + 100); file++) await folder.writeFile(fileOf(file), TEXT);
  }
  const link = connectTo(writer, relay.port);
  await link.whenSynced();
  // A device knows a relay by its address: it is always this one.
  const proxy = await CountingProxy.open({ target: relay.port, frames: true });
  await deviceComes(directory, proxy, (reader) => reader.joinFolder(folder.id));
  const comesBack = async (subject: string): Promise<void> => {
    const came = await deviceComes(directory, proxy, (reader) => reader.folder(folder.id));
    note(context, { subject, name: EVERMESH, ...came });
  };
  for (const changed of CHANGED) {
    for (let i = 0; i < Math.min(changed, files); i++)
      await folder.writeFile(fileOf(i), `${changed} changed\n${TEXT}`);
    await link.whenSynced();
    await comesBack(subjectOf(changed));
  }
  await link.close();
  await comesBack('reconnect, nobody else there');
  await proxy.close();
  context.notes.add(`reconnect: ${EVERMESH} with ${files} files, devices with stores on disk`);
}

const TEXT = 'text '.repeat(CONTENT / 5);

const fileOf = (i: number): string => `${Math.floor(i / 100)}/${i}.txt`;

/** From connecting until it is in step, and what passes until silence. */
async function deviceComes(
  directory: string,
  proxy: CountingProxy,
  ready: (reader: Replica) => Promise<unknown>,
): Promise<{ milliseconds: number; count: WireCount }> {
  await using reader = await deviceAt(directory, 'reader');
  await ready(reader);
  const before = proxy.count;
  const start = performance.now();
  const link = connectTo(reader, proxy.port);
  await link.whenSynced();
  const milliseconds = performance.now() - start;
  await proxy.quiet(QUIET_MS);
  const count = since(before, proxy.count);
  await link.close();
  return { milliseconds, count };
}

/** A client that knows what it holds of each document, and no more: what it would do with what it is told is not in the figures. */
async function peerReturns(
  context: PartContext,
  { name, connect }: RelayEngine,
  { port }: RelayProcess,
  documents: number,
): Promise<void> {
  const numbers = Array.from({ length: documents }, (_, i) => i);
  const content = pasted(CONTENT)[0]!;
  const proxy = await CountingProxy.open({ target: port, frames: true });
  const arrivals = new Arrivals();
  // Who stays keeps the relay from forgetting documents that it does not store.
  const writer = connect({ port, apart: false });
  await writer.open(numbers);
  const reader = connect({ port: proxy.port, apart: false, arrived: arrivals.of(0) });
  await reader.open(numbers);
  for (const number of numbers) writer.type(number, content);
  await arrivals.until(() => numbers.every((number) => arrivals.at(0, number) === CONTENT));
  const further = pastedMore(CHANGED.length);
  let more = 0;
  for (const changed of CHANGED) {
    await reader.close();
    const some = numbers.slice(0, changed);
    for (const number of some) writer.type(number, further[more]!);
    await proxy.quiet(QUIET_MS);
    const before = proxy.count;
    const start = performance.now();
    await reader.open(numbers);
    const through = further[more]!.through;
    await arrivals.until(() => some.every((number) => arrivals.at(0, number) >= through));
    const milliseconds = performance.now() - start;
    await proxy.quiet(QUIET_MS);
    const count = since(before, proxy.count);
    note(context, { subject: subjectOf(changed), name, milliseconds, count });
    if (some.length > 0) more += 1;
  }
  await Promise.all([writer.close(), reader.close()]);
  await proxy.close();
  context.notes.add(`reconnect: ${name} with ${documents} documents`);
}

const pastedMore = (times: number): ReturnType<typeof pasted> => pasted(CONTENT + times, 1).slice(CONTENT);

/** The least that a greeting takes: a socket is opened through the same proxy, and two messages go there and back. */
async function roundTrip({ figures }: PartContext, { port }: RelayProcess): Promise<void> {
  const proxy = await CountingProxy.open({ target: port, frames: true });
  const echo = await openSocket(proxy.port, 'trip', (bytes) => echo.send(bytes));
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const start = performance.now();
    const socket = await openSocket(proxy.port, 'trip', () => undefined);
    for (let trip = 0; trip < 2; trip++) {
      const back = once(socket, 'message');
      socket.send('x');
      await back;
    }
    times.push(performance.now() - start);
    await closeSockets([socket]);
  }
  await closeSockets([echo]);
  await proxy.close();
  figures.add(`${subjectOf(0)}: time`, BARE, 'ms', median(times));
}
