/** What a relay holds in memory: for documents, for connections in which nothing happens, and after long work. */
import { setTimeout as passed } from 'node:timers/promises';
import { median } from '../measure.ts';
import { SeededRandom } from '../random.ts';
import { Arrivals, keystrokes, pasted, typeAtPace } from './load.ts';
import { type Part, withEach } from './part.ts';
import type { RelayProcess } from './relay-process.ts';
import { eachOf } from './sockets.ts';

/** Characters of a document that is held. */
const CONTENT = 4096;
/** Texts are written a few at a time: nothing here is about how fast that goes. */
const AT_ONCE = 1000;
/** Looks at a relay in the course of a soak. */
const LOOKS = 12;
const SOAK_DOCUMENTS = 100;

export const HELD = 'memory a document that two clients have open';
export const KEPT = 'memory a document after both have left';

/** Two clients with as many sockets as their protocol needs. The slope between two numbers of documents counts. */
export const memory: Part = (context) =>
  withEach(context, 'memory', async ({ name, connect, keeps, socketOfEach, isSlow }, relay) => {
    if (!keeps) return;
    const { options, figures } = context;
    const [few = 0, many = 0] = options
      .list(socketOfEach === true || isSlow === true ? 'held-by-peers' : 'held')
      .map(Number);
    const content = pasted(CONTENT)[0]!;
    const arrivals = new Arrivals();
    const { port } = relay;
    const writer = connect({ port, apart: false });
    const reader = connect({ port, apart: false, arrived: arrivals.of(0) });
    const hold = async (from: number, to: number): Promise<number> => {
      for (let at = from; at < to; at += AT_ONCE) {
        const numbers = Array.from({ length: Math.min(AT_ONCE, to - at) }, (_, i) => at + i);
        await writer.open(numbers);
        await reader.open(numbers);
        for (const number of numbers) writer.type(number, content);
        await arrivals.until(() => numbers.every((number) => arrivals.at(0, number) > 0));
      }
      return (await relay.cost()).liveBytes;
    };
    const empty = (await relay.cost()).liveBytes;
    const withFew = await hold(0, few);
    const withMany = await hold(few, many);
    await Promise.all([writer.close(), reader.close()]);
    figures.add(HELD, name, 'B', (withMany - withFew) / (many - few));
    figures.add(KEPT, name, 'B', ((await settled(relay)) - empty) / many);
    context.notes.add(`memory: ${name} between ${few} and ${many} documents`);
  });

/** What a relay lets go after everybody left, it lets go by and by. */
async function settled(relay: RelayProcess): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 4; look++) {
    await passed(500);
    least = Math.min(least, (await relay.cost()).liveBytes);
  }
  return least;
}

/** Each two connections share a document that nobody else has open. */
export const idle: Part = (context) =>
  withEach(context, 'idle', async ({ name, connect, isSlow }, relay) => {
    const { options, figures } = context;
    // With a socket for each document the bare relay is the same one here.
    if (name.startsWith('ws,')) return;
    const connections = isSlow === true ? options.count('connections') / 10 : options.count('connections');
    const { port } = relay;
    const before = await relay.cost();
    const residentBefore = relay.memory.nowMB;
    const clients = Array.from({ length: connections }, () => connect({ port, apart: true }));
    const numbered = clients.map((client, i) => ({ client, document: Math.floor(i / 2) }));
    await eachOf(numbered, ({ client, document }) => client.open([document]));
    const after = await relay.cost();
    const seconds = options.count('idle');
    await passed(seconds * 1000);
    const later = await relay.cost();
    const spent = later.processorMicroseconds - after.processorMicroseconds;
    figures.add('memory a connection', name, 'kB', (later.liveBytes - before.liveBytes) / connections / 1000);
    figures.add(
      'resident memory a connection',
      name,
      'kB',
      ((relay.memory.nowMB - residentBefore) * 1000) / connections,
    );
    figures.add('processor while all are idle', name, '%', spent / seconds / 10_000);
    context.notes.add(`idle: ${name} with ${connections} connections, ${seconds} s`);
    await eachOf(clients, (client) => client.close());
  });

/** Memory that is held in the last third of the time, beside that of the second: what grows with time shows here. */
export const soak: Part = (context) =>
  withEach(context, 'soak', async ({ name, connect, keeps, isSlow }, relay) => {
    if (!keeps) return;
    const { options, figures } = context;
    const perSecond = options.count('rate') / (isSlow === true ? 10 : 2);
    const seconds = options.count('soak');
    const arrivals = new Arrivals();
    const numbers = Array.from({ length: SOAK_DOCUMENTS }, (_, i) => i);
    const writer = connect({ port: relay.port, apart: false });
    const reader = connect({ port: relay.port, apart: false, arrived: arrivals.of(0) });
    await writer.open(numbers);
    await reader.open(numbers);
    const sent = new Map<number, number>();
    const strokes = keystrokes(Math.ceil((seconds * perSecond * 2) / SOAK_DOCUMENTS) + 100);
    const plan = {
      documents: SOAK_DOCUMENTS,
      perSecond,
      next: (document: number) => strokes[sent.get(document)! - 1]!,
      random: new SeededRandom(2),
    };
    const typed = (document: number): void => void sent.set(document, (sent.get(document) ?? 0) + 1);
    const held: number[] = [];
    for (let look = 0; look < LOOKS; look++) {
      await typeAtPace({ of: () => writer, typed }, { ...plan, seconds: seconds / LOOKS });
      await arrivals.until(() => [...sent].every(([document, count]) => arrivals.at(0, document) >= count));
      held.push((await relay.cost()).liveBytes);
    }
    const third = LOOKS / 3;
    const [second, last] = [median(held.slice(third, 2 * third)), median(held.slice(2 * third))];
    const between = (seconds / 3) * perSecond;
    figures.add('soak: memory held at the end', name, 'MB', last / 1e6);
    figures.add('soak: memory grown an update', name, 'B', (last - second) / between);
    context.notes.add(
      `soak: ${name}, ${perSecond} updates a second for ${seconds} s; MB held: ${held.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ')}`,
    );
    await Promise.all([writer.close(), reader.close()]);
  });
