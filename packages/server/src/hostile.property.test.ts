/**
 * Laws: whatever a device sends, in whatever order and however damaged, the relay stays, tells that device a code, and
 * serves the others of the same folder. Of what a device sends that may only read, nobody gets a record.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import { inlineCompaction } from '@evermesh/core/log';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { type AuthorId, type FolderId, type Logger, silentLogger } from '@evermesh/core/base';
import { ERROR_CODES } from '@evermesh/core/errors';
import {
  decodeRecord,
  encodeMessage,
  type FromRelay,
  type Message,
  NO_HEADS,
  PROTOCOL_VERSION,
} from '@evermesh/core/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRelay } from './open-relay.ts';
import { A, B, FOLDER, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { AT_ONCE, counting } from './testing/counting-codec.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 200);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: Math.ceil(RUNS / 2), ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

/** A frame still to be made: records are numbered when it is sent. */
type Frame = (author: TestAuthor, client: TestClient) => Uint8Array;

const frame =
  (message: (author: TestAuthor) => Message): Frame =>
  (author) =>
    encodeMessage(message(author));

const helloWith =
  (token: string): Frame =>
  (_, { device }) =>
    encodeMessage({
      type: 'HELLO',
      version: PROTOCOL_VERSION,
      device,
      label: 'hostile',
      token,
      credit: 1000,
    });
const hello = helloWith('');
/** The token of who may only read. */
const READER = 'reader';

const document = fc.constantFrom(A, B);
const folder = fc.constantFrom(...Array<FolderId>(9).fill(FOLDER), 'e'.repeat(32) as FolderId);
const cursor = { epoch: '0'.repeat(32) as never, seq: 1, digest: new Uint8Array(16) };

/** PUT, sometimes with a record that nobody gets before it, sometimes of another folder. */
const put = (channel: number): fc.Arbitrary<Frame> =>
  fc.tuple(document, folder, fc.integer({ min: 1, max: 3 })).map(([at, of, count]) =>
    frame((author) => {
      const records = Array.from({ length: count }, () => author.record(at, 'text', { folder: of }));
      if (count === 3) author.record(at, 'lost');
      return { type: 'PUT', channel, records };
    }),
  );
const pull = (channel: number): fc.Arbitrary<Frame> =>
  document.map((at) =>
    frame(() => ({ type: 'PULL', channel, documents: [{ document: at, heads: NO_HEADS }] })),
  );
const awareness = (channel: number): fc.Arbitrary<Frame> =>
  document.map((at) => frame(() => ({ type: 'AWARENESS', channel, document: at, state: Uint8Array.of(1) })));
const open = (channel: number): fc.Arbitrary<Frame> =>
  folder.map((of) => frame(() => ({ type: 'OPEN', channel, folder: of, create: true, cursor })));

const mostly = fc.constantFrom(true, true, true, false);

/** What may be said on a channel that was opened. */
const sound = fc.oneof({ weight: 3, arbitrary: put(0) }, pull(0), awareness(0));
/** What ends the socket, or may. */
const unsound = fc.oneof(
  put(7),
  pull(7),
  open(0),
  fc.nat({ max: 20 }).chain(open),
  fc.nat({ max: 20 }).map((channel) => frame(() => ({ type: 'LEAVE', channel }))),
  fc.constant(hello),
  fc.constant(frame(() => ({ type: 'FAILED', code: 'INTERNAL', reason: '' }))),
  fc.uint8Array({ maxLength: 40 }).map(
    (bytes): Frame =>
      () =>
        bytes,
  ),
  fc.tuple(sound, fc.nat(), fc.nat({ max: 255 })).map(([make, at, byte]) => damaged(make, at, byte)),
);

/** With a byte changed, or its end cut off. */
const damaged =
  (make: Frame, at: number, byte: number): Frame =>
  (author, client) => {
    const bytes = make(author, client).slice();
    const place = at % bytes.byteLength;
    if (byte % 2 === 0) return bytes.subarray(0, place);
    bytes[place] = byte;
    return bytes;
  };

test('a relay outlives whatever a device says to it', async () => {
  const errors: unknown[] = [];
  const logger: Logger = { ...silentLogger, error: (message, fields) => errors.push([message, fields]) };
  await using relay = await openRelay({
    store: memoryStore(),
    blobs: memoryBlobs(),
    listen: { host: '127.0.0.1', port: 0 },
    authorizer: { authorize: (token) => Promise.resolve(token === READER ? 'read' : 'write') },
    compaction: { runner: inlineCompaction(counting, AT_ONCE) },
    logger,
  });
  await using bystander = await TestClient.hello(relay.url);
  const own = new TestAuthor(bystander.device);
  await bystander.open();
  const seen = new Map<string, number>();
  const seenByReaders = new Map<string, number>();
  const readers = new Set<AuthorId>();

  const bystanderIsServed = async (): Promise<void> => {
    bystander.send({ type: 'PUT', channel: 1, records: [own.record(A, 'here')] });
    for (let answer = await bystander.any(); answer.type !== 'ACK'; answer = await bystander.any()) {
      expect(['LIVE', 'CHANGED', 'AWARENESS']).toContain(answer.type);
      const records = answer.type === 'LIVE' ? answer.records : [];
      for (const record of records) expect(readers).not.toContain(decodeRecord(record).header.author);
    }
  };

  /** Says all of it, and hears everything that is answered at once. Returns the last message: PONG, or FAILED. */
  const say = async (client: TestClient, author: TestAuthor, said: readonly Frame[]): Promise<FromRelay> => {
    for (const make of said) client.raw(make(author, client));
    client.send({ type: 'PING' });
    for (;;) {
      const message = await client.any();
      const counts = readers.has(author.id) ? seenByReaders : seen;
      counts.set(message.type, (counts.get(message.type) ?? 0) + 1);
      if (message.type === 'PONG' || message.type === 'FAILED') return message;
    }
  };

  const run = async (
    first: readonly Frame[],
    then: readonly Frame[],
    isGreeted: boolean,
    mayWrite: boolean,
  ): Promise<void> => {
    await using client = await TestClient.connect(relay.url);
    const author = new TestAuthor(client.device);
    if (isGreeted) {
      if (!mayWrite) readers.add(author.id);
      client.raw(helloWith(mayWrite ? '' : READER)(author, client));
      await client.next('WELCOME');
      await client.open({ channel: 0 });
      expect(await say(client, author, first)).toEqual({ type: 'PONG' });
      // What this client put before is in the log, or refused, when the bystander's record is.
      await bystanderIsServed();
      expect(await say(client, author, [])).toEqual({ type: 'PONG' });
    }
    const last = await say(client, author, then);
    if (last.type === 'FAILED') expect(Object.keys(ERROR_CODES)).toContain(last.code);
    await bystanderIsServed();
  };

  await fc.assert(fc.asyncProperty(fc.array(sound), fc.array(unsound), mostly, mostly, run), PARAMETERS);
  expect(errors).toEqual([]);
  // Not vacuous: some were let in, some had records stored, some were thrown out.
  for (const type of ['ACK', 'GAP', 'REFUSED', 'RECORDS', 'FAILED', 'PONG']) {
    expect(seen.get(type), type).toBeGreaterThan(0);
  }
  for (const type of ['REFUSED', 'FAILED', 'PONG']) {
    expect(seenByReaders.get(type), type).toBeGreaterThan(0);
  }
  for (const type of ['ACK', 'GAP', 'UNTAKEN']) expect(seenByReaders.get(type), type).toBeUndefined();
});
