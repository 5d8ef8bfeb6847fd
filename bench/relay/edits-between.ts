/** One edit after the other, from a device's document to another's: everything between, stores on both disks included. */
import { once } from 'node:events';
import { setTimeout as passed } from 'node:timers/promises';
import * as Y from 'yjs';
import { EVERMESH } from '../figures.ts';
import { quantile } from '../measure.ts';
import { SeededRandom } from '../random.ts';
import { connectTo, deviceAt } from './devices.ts';
import type { RelayEngine } from './engines.ts';
import { type Part, type PartContext, withEach } from './part.ts';
import type { RelayProcess } from './relay-process.ts';

/** Milliseconds between two edits, which no interval of anybody's fits. */
const PAUSE = { least: 10, spread: 30 };
/** The first ones are not counted. */
const WARMING = 0.2;
const PATH = 'shared.txt';

export const edits: Part = (context) =>
  withEach(context, 'edits', async (engine, relay) => {
    if (engine.name === EVERMESH) await betweenDevices(context, relay);
    else if (engine.isSlow !== true && !engine.name.startsWith('ws,'))
      await betweenClients(context, engine, relay);
  });

async function betweenDevices(context: PartContext, relay: RelayProcess): Promise<void> {
  const directory = await context.newDirectory();
  await using writer = await deviceAt(directory, 'writer');
  await using reader = await deviceAt(directory, 'reader');
  const folder = await writer.createFolder({ name: 'edits' });
  await folder.writeFile(PATH, '');
  const sent = connectTo(writer, relay.port);
  await sent.whenSynced();
  const joined = await reader.joinFolder(folder.id);
  await connectTo(reader, relay.port).whenSynced();
  const [here, there] = [await folder.openDocument(PATH), await joined.openDocument(PATH)];
  await measure(context, EVERMESH, {
    type: () => here.text.insert(here.text.length, 'x'),
    arrived: (listener) => there.text.observe(listener),
  });
  here.close();
  there.close();
}

/** Documents of Yjs at both ends, kept in memory alone. */
async function betweenClients(
  context: PartContext,
  { name, connect }: RelayEngine,
  { port }: RelayProcess,
): Promise<void> {
  const [here, there] = [new Y.Doc(), new Y.Doc()];
  const writer = connect({ port, apart: false });
  const received = (_: number, update: Uint8Array): void => Y.applyUpdate(there, update);
  const reader = connect({ port, apart: false, received });
  await writer.open([0]);
  await reader.open([0]);
  here.on('update', (update: Uint8Array) =>
    writer.type(0, { update, text: 'x', through: here.getText('text').length }),
  );
  await measure(context, name, {
    type: () => here.getText('text').insert(here.getText('text').length, 'x'),
    arrived: (listener) => there.getText('text').observe(listener),
  });
  await Promise.all([writer.close(), reader.close()]);
}

async function measure(
  { options, figures }: PartContext,
  name: string,
  ends: { readonly type: () => void; readonly arrived: (listener: () => void) => void },
): Promise<void> {
  const random = new SeededRandom(3);
  const count = options.count('edits-between');
  const came = new EventTarget();
  ends.arrived(() => came.dispatchEvent(new Event('came')));
  const delays: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const arrival = once(came, 'came');
    ends.type();
    await arrival;
    if (i >= count * WARMING) delays.push(performance.now() - start);
    await passed(PAUSE.least + random.below(PAUSE.spread));
  }
  figures.add('one edit, device to device, p50', name, 'ms', quantile(delays, 0.5));
  figures.add('one edit, device to device, p99', name, 'ms', quantile(delays, 0.99));
}
