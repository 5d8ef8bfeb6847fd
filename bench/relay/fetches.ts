/** A document comes to somebody who has nothing of it: a text that was written for long, and a very large one, to many at once. */
import { setTimeout as passed } from 'node:timers/promises';
import type { FolderId } from '@evermesh/core/base';
import * as Y from 'yjs';
import { CountingProxy } from '../counting-proxy.ts';
import { EVERMESH } from '../figures.ts';
import { type Edit, editTrace } from '../log/edit-trace.ts';
import type { Typed } from './client.ts';
import { connectTo, deviceAt } from './devices.ts';
import type { RelayEngine } from './engines.ts';
import { Arrivals, pasted } from './load.ts';
import { type Part, type PartContext, withEach } from './part.ts';
import type { RelayProcess } from './relay-process.ts';

/** Edits of one save, or of one update. */
const SAVED = 100;
const PATH = 'paper.txt';
/** New clients that come one after the other. The last is counted: what V8 compiles it compiles before, of every relay's client. */
const COMERS = 2;
/** Bytes of one update of the large document. */
const PIECE = 1_000_000;

export const FRESH = 'a new client has the text';
export const FRESH_BYTES = 'a new client has the text: bytes';
const FRESH_PROCESSOR = 'a new client has the text: processor, both sides';

export const fresh: Part = (context) =>
  withEach(context, 'fresh', async (engine, relay) => {
    if (!engine.keeps || engine.isSlow === true) return;
    if (engine.name === EVERMESH) await deviceJoins(context, relay);
    else await peerJoins(context, engine, relay);
  });

async function deviceJoins(context: PartContext, relay: RelayProcess): Promise<void> {
  const directory = await context.newDirectory();
  await using writer = await deviceAt(directory, 'writer');
  const folder = await writer.createFolder({ name: 'fresh' });
  const link = connectTo(writer, relay.port);
  let text = '';
  for (const edits of turnsOf(context)) {
    for (const [at, deleted, inserted] of edits)
      text = text.slice(0, at) + inserted + text.slice(at + deleted);
    await folder.writeFile(PATH, text);
  }
  await link.whenSynced();
  await settled(context);
  const coming = { relay, folder: folder.id, directory, text };
  let came: Came | undefined;
  for (let i = 0; i < COMERS; i++) came = await deviceComes({ ...coming, name: `reader ${i}` });
  if (came !== undefined) note(context, EVERMESH, came);
}

interface Came {
  readonly milliseconds: number;
  /** Of this process, the proxy included, and of the relay: however many others use the machine. */
  readonly processorMilliseconds: number;
  readonly bytes: number;
}

async function deviceComes(coming: {
  readonly relay: RelayProcess;
  readonly folder: FolderId;
  readonly directory: string;
  readonly name: string;
  readonly text: string;
}): Promise<Came> {
  const proxy = await CountingProxy.open({ target: coming.relay.port, frames: true });
  await using reader = await deviceAt(coming.directory, coming.name);
  const joined = await reader.joinFolder(coming.folder);
  const before = await processorOf(coming.relay);
  const start = performance.now();
  const link = connectTo(reader, proxy.port);
  await link.whenSynced();
  const read = await joined.readFile(PATH, 'utf8');
  const milliseconds = performance.now() - start;
  const processorMilliseconds = (await processorOf(coming.relay)) - before;
  if (read !== coming.text) throw new Error('What came is not what was written.');
  await link.close();
  await proxy.close();
  return { milliseconds, processorMilliseconds, bytes: bytesOf(proxy) };
}

async function peerJoins(
  context: PartContext,
  { name, connect }: RelayEngine,
  relay: RelayProcess,
): Promise<void> {
  const { port } = relay;
  const { updates, text } = writtenIn(context);
  const arrivals = new Arrivals();
  const writer = connect({ port, apart: false });
  const watcher = connect({ port, apart: false, arrived: arrivals.of(0) });
  await writer.open([0]);
  await watcher.open([0]);
  for (const update of updates) writer.type(0, update);
  const through = updates.at(-1)?.through ?? 0;
  await arrivals.until(() => arrivals.at(0, 0) >= through);
  await settled(context);
  let came: Came | undefined;
  for (let i = 0; i < COMERS; i++) came = await peerComes(connect, relay, text);
  if (came !== undefined) note(context, name, came);
  await Promise.all([writer.close(), watcher.close()]);
}

async function peerComes(connect: RelayEngine['connect'], relay: RelayProcess, text: string): Promise<Came> {
  const proxy = await CountingProxy.open({ target: relay.port, frames: true });
  const doc = new Y.Doc();
  const before = await processorOf(relay);
  const start = performance.now();
  const received = (_: number, update: Uint8Array): void => Y.applyUpdate(doc, update);
  const reader = connect({ port: proxy.port, apart: false, received });
  await reader.open([0]);
  const read = doc.getText('text').toJSON();
  const milliseconds = performance.now() - start;
  const processorMilliseconds = (await processorOf(relay)) - before;
  if (read !== text) throw new Error('What came is not what was written.');
  await reader.close();
  await proxy.close();
  return { milliseconds, processorMilliseconds, bytes: bytesOf(proxy) };
}

/** A relay does some of its work after the last update: Evermesh's compacts. */
const settled = ({ options }: PartContext): Promise<void> => passed(options.count('settle') * 1000);

async function processorOf(relay: RelayProcess): Promise<number> {
  const { processorMicroseconds } = await relay.cost();
  const { user, system } = process.cpuUsage();
  return (processorMicroseconds + user + system) / 1000;
}

function note(
  { figures }: PartContext,
  name: string,
  { milliseconds, processorMilliseconds, bytes }: Came,
): void {
  figures.add(FRESH, name, 'ms', milliseconds);
  figures.add(FRESH_PROCESSOR, name, 'ms', processorMilliseconds);
  figures.add(FRESH_BYTES, name, 'B', bytes);
}

/** Of what passed, all but the upgrade to a socket. */
const bytesOf = ({ count }: CountingProxy): number => count.bytes - count.upgradeBytes;

function* turnsOf({ options }: PartContext): Generator<readonly Edit[]> {
  const edits = editTrace(options.text('trace'), options.count('edits'));
  for (let at = 0; at < edits.length; at += SAVED) yield edits.slice(at, at + SAVED);
}

function writtenIn(context: PartContext): { updates: Typed[]; text: string } {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  const updates: Typed[] = [];
  doc.on('update', (update: Uint8Array) => {
    updates.push({ update, text: '', through: Y.parseUpdateMeta(update).to.get(doc.clientID) ?? 0 });
  });
  for (const edits of turnsOf(context))
    doc.transact(() => {
      for (const [at, deleted, inserted] of edits) {
        if (deleted > 0) text.delete(at, deleted);
        if (inserted !== '') text.insert(at, inserted);
      }
    });
  return { updates, text: text.toJSON() };
}

/** All come at the same moment. */
export const joiners: Part = (context) =>
  withEach(context, 'joiners', async ({ name, connect, keeps, isSlow }, relay) => {
    if (!keeps || isSlow === true) return;
    const { options, figures } = context;
    const { port } = relay;
    const pieces = pasted(options.count('megabytes') * 1_000_000, PIECE);
    const through = pieces.at(-1)?.through ?? 0;
    const arrivals = new Arrivals();
    const writer = connect({ port, apart: false });
    const watcher = connect({ port, apart: false, arrived: arrivals.of(-1) });
    await writer.open([0]);
    await watcher.open([0]);
    for (const piece of pieces) writer.type(0, piece);
    await arrivals.until(() => arrivals.at(-1, 0) >= through);
    await settled(context);
    const before = await relay.cost();
    const residentBefore = relay.memory.nowMB;
    const joining = Array.from({ length: options.count('joiners') }, (_, i) =>
      connect({ port, apart: false, arrived: arrivals.of(i) }),
    );
    const start = performance.now();
    await Promise.all(joining.map((client) => client.open([0])));
    await arrivals.until(() => joining.every((_, i) => arrivals.at(i, 0) >= through));
    const seconds = (performance.now() - start) / 1000;
    const { peakMB } = relay.memory;
    const after = await relay.cost();
    const spent = after.processorMicroseconds - before.processorMicroseconds;
    figures.add('all joiners have the large document', name, 's', seconds);
    figures.add('processor a joiner', name, 'ms', spent / 1000 / joining.length);
    figures.add('resident memory, at most, beyond before', name, 'MB', peakMB - residentBefore);
    context.notes.add(`joiners: ${joining.length} of a document of ${options.count('megabytes')} MB`);
    await Promise.all([writer, watcher, ...joining].map((client) => client.close()));
  });
