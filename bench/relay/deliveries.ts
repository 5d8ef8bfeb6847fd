/** What it costs a relay to deliver an update: among many documents of two clients, and from one client to many. */
import { quantile } from '../measure.ts';
import { SeededRandom } from '../random.ts';
import type { RelayClient } from './client.ts';
import { Arrivals, keystrokes, typeAtPace } from './load.ts';
import { type Part, type PartContext, withEach } from './part.ts';
import type { RelayProcess } from './relay-process.ts';

/** Of one document, while the pace is kept. */
const MOST_KEYSTROKES = 4000;
/** Typed and not arrived at the reader that is watched: enough that the relay never waits, and no reader is left behind. */
const WINDOW = 500;

export const DELIVERY = 'processor a delivery';
export const FAN_OUT = 'one writer, all others read: processor a delivery';

/** Two clients have all documents open; one of them types, the other is where it has to arrive. */
export const steady: Part = (context) =>
  withEach(context, 'steady', async ({ name, connect, isSlow }, relay) => {
    const { options, figures } = context;
    const share = isSlow === true ? 10 : 1;
    const documents = Math.ceil(options.count('documents') / share);
    const perSecond = options.count('rate') / share;
    const arrivals = new Arrivals();
    const sent = new Map<number, number>();
    const delays: number[] = [];
    const typedAt = new Map<string, number>();
    const came = arrivals.of(1);
    const [writer, reader] = await opened(connect, relay, documents, (document, through) => {
      for (let stroke = arrivals.at(1, document) + 1; stroke <= through; stroke++) {
        const which = `${document} ${stroke}`;
        const at = typedAt.get(which);
        typedAt.delete(which);
        if (at !== undefined) delays.push(performance.now() - at);
      }
      came(document, through);
    });
    const strokes = keystrokes(MOST_KEYSTROKES);
    const next = (document: number): (typeof strokes)[number] => strokes[sent.get(document)! - 1]!;
    const typed = (document: number): void => {
      sent.set(document, (sent.get(document) ?? 0) + 1);
      typedAt.set(`${document} ${sent.get(document)}`, performance.now());
    };
    const random = new SeededRandom(1);
    const plan = { documents, perSecond, next, random };
    const isThere = (): boolean => [...sent].every(([document, count]) => arrivals.at(1, document) >= count);
    // What V8 compiles it compiles before: at this pace that takes longer than a few seconds.
    await typeAtPace({ of: () => writer, typed }, { ...plan, seconds: options.count('seconds') });
    await arrivals.until(isThere);
    delays.length = 0;
    const before = await relay.cost();
    const count = await typeAtPace(
      { of: () => writer, typed },
      { ...plan, seconds: options.count('seconds') },
    );
    await arrivals.until(isThere);
    const after = await relay.cost();
    const spent = after.processorMicroseconds - before.processorMicroseconds;
    figures.add(DELIVERY, name, 'us', spent / count);
    figures.add('from one client to the other, p50', name, 'ms', quantile(delays, 0.5));
    figures.add('from one client to the other, p99', name, 'ms', quantile(delays, 0.99));
    if (isSlow === true)
      context.notes.add(`steady: ${name} with a tenth of the documents, at a tenth of the rate`);
    await Promise.all([writer.close(), reader.close()]);
  });

async function opened(
  connect: PartContext['engines'][number]['connect'],
  { port }: RelayProcess,
  documents: number,
  arrived: (document: number, through: number) => void,
): Promise<[RelayClient, RelayClient]> {
  const numbers = Array.from({ length: documents }, (_, i) => i);
  const writer = connect({ port, apart: false });
  const reader = connect({ port, apart: false, arrived });
  await writer.open(numbers);
  await reader.open(numbers);
  return [writer, reader];
}

/** One client types as fast as it goes, and all others have to get it. */
export const fanOut: Part = (context) =>
  withEach(context, 'fan-out', async ({ name, connect, isSlow }, relay) => {
    const { options, figures } = context;
    const readers = options.count('readers') - 1;
    const updates = isSlow === true ? Math.ceil(options.count('updates') / 20) : options.count('updates');
    const arrivals = new Arrivals();
    const { port } = relay;
    const writer = connect({ port, apart: false });
    await writer.open([0]);
    const others = Array.from({ length: readers }, (_, i) =>
      connect({ port, apart: false, arrived: arrivals.of(i) }),
    );
    await Promise.all(others.map((reader) => reader.open([0])));
    const strokes = keystrokes(updates);
    const warming = Math.floor(updates / 5);
    const typeUpTo = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at++) {
        writer.type(0, strokes[at]!);
        const least = (): number => Math.min(arrivals.at(0, 0), arrivals.at(readers - 1, 0));
        if (at - least() >= WINDOW) await arrivals.until(() => at - least() < WINDOW / 2);
      }
      await arrivals.until(() => others.every((_, i) => arrivals.at(i, 0) >= to));
    };
    await typeUpTo(0, warming);
    const before = await relay.cost();
    const start = performance.now();
    await typeUpTo(warming, updates);
    const seconds = (performance.now() - start) / 1000;
    const after = await relay.cost();
    const deliveries = (updates - warming) * readers;
    const spent = after.processorMicroseconds - before.processorMicroseconds;
    figures.add(FAN_OUT, name, 'us', spent / deliveries);
    figures.add('one writer, all others read: deliveries', name, '/s', deliveries / seconds);
    if (isSlow === true) context.notes.add(`fan-out: ${name} with a twentieth of the updates`);
    await Promise.all([writer, ...others].map((client) => client.close()));
  });
