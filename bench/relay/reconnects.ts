/** Somebody comes back who was in step: what that costs by how much changed meanwhile. */
import { once } from 'node:events';
import type { FolderId } from '@evermesh/core';
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

/** A folder of files, on two devices with stores on disk. The one is away while the other changes some. */
async function deviceReturns(context: PartContext, relay: RelayProcess, files: number): Promise<void> {
  const directory = await context.newDirectory();
  const id = await makeFiles(directory, relay, files);
  // A device knows a relay by its address: it is always this one.
  const proxy = await CountingProxy.open({ target: relay.port, frames: true });
  await joinOnce(directory, proxy.port, id);
  for (const changed of CHANGED) {
    await using writer = await deviceAt(directory, 'writer');
    const folder = await writer.folder(id);
    const link = connectTo(writer, relay.port);
    for (let i = 0; i < Math.min(changed, files); i++)
      await folder.writeFile(fileOf(i), `${changed} changed\n${'text '.repeat(CONTENT / 5)}`);
    await link.whenSynced();
    await link.close();
    await using reader = await deviceAt(directory, 'reader');
    await reader.folder(id);
    const before = proxy.count;
    const start = performance.now();
    const back = connectTo(reader, proxy.port);
    await back.whenSynced();
    const milliseconds = performance.now() - start;
    await proxy.quiet(QUIET_MS);
    const count = since(before, proxy.count);
    note(context, { subject: subjectOf(changed), name: EVERMESH, milliseconds, count });
    await back.close();
  }
  await proxy.close();
  context.notes.add(`reconnect: ${EVERMESH} with ${files} files, devices with stores on disk`);
}

const fileOf = (i: number): string => `${Math.floor(i / 100)}/${i}.txt`;

async function makeFiles(directory: string, { port }: RelayProcess, files: number): Promise<FolderId> {
  await using writer = await deviceAt(directory, 'writer');
  const folder = await writer.createFolder({ name: 'reconnect' });
  for (let i = 0; i < files; i += 100) {
    await folder.mkdir(String(i / 100));
    for (let file = i; file < Math.min(files, i + 100); file++)
      await folder.writeFile(fileOf(file), 'text '.repeat(CONTENT / 5));
  }
  const link = connectTo(writer, port);
  await link.whenSynced();
  await link.close();
  return folder.id;
}

async function joinOnce(directory: string, port: number, id: FolderId): Promise<void> {
  await using reader = await deviceAt(directory, 'reader');
  await reader.joinFolder(id);
  const link = connectTo(reader, port);
  await link.whenSynced();
  await link.close();
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
