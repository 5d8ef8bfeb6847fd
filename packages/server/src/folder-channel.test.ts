import { setImmediate as turn } from 'node:timers/promises';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { type DeviceId, type DocumentId, silentLogger, systemRandom } from '@evermesh/core/base';
import { inlineCompaction, recordKey, relayCompactionPolicy, type Store } from '@evermesh/core/log';
import {
  decodeMessage,
  decodeRecord,
  type FromRelay,
  LIMITS,
  RECORD_VERSION,
  SentCredit,
} from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, test, vi } from 'vitest';
import type { ChannelSocket } from './channel-socket.ts';
import { FolderChannel, type FolderChannelOptions } from './folder-channel.ts';
import { openRelayStores } from './relay-stores.ts';
import { AT_ONCE, counting } from './testing/counting-codec.ts';
import { A, B, C, FOLDER, TestAuthor } from './testing/test-author.ts';
import { toldError } from './told-error.ts';

const clock = new VirtualClock();

/** A socket that is as full as the test says. */
class TestSocket implements ChannelSocket {
  readonly sent: FromRelay[] = [];
  readonly frames: Uint8Array[] = [];
  isFull = false;
  /** Called each time somebody waits for room. */
  onDrained: () => Promise<void> = () => Promise.resolve();

  send(frame: Uint8Array): void {
    this.frames.push(frame);
    this.sent.push(decodeMessage(frame) as FromRelay);
  }

  drained(): Promise<void> {
    return this.onDrained();
  }

  async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.onDrained();
    return work();
  }
}

async function openFolder(
  store: Store = memoryStore(),
): Promise<Pick<FolderChannelOptions, 'folder' | 'blobs' | 'canBeAsked' | 'knowsSnapshots'>> {
  const runner = inlineCompaction(counting, AT_ONCE);
  const upkeep = { runner, policy: relayCompactionPolicy, clock, logger: silentLogger, keep: 1e9 };
  const { registry, blobs } = await openRelayStores(store, memoryBlobs(), systemRandom, upkeep);
  return { folder: await registry.acquire(FOLDER, true), blobs, canBeAsked: true, knowsSnapshots: true };
}

/** A channel of a device that may write. What fails in it is thrown. */
function channelOf(
  opened: Awaited<ReturnType<typeof openFolder>>,
  socket: TestSocket,
  channel = 1,
  credit: SentCredit = new SentCredit(Infinity),
): FolderChannel {
  const failed = (error: unknown): never => {
    throw error;
  };
  return new FolderChannel({
    ...opened,
    channel,
    credit,
    grant: 'write',
    socket,
    clock,
    logger: silentLogger,
    failed,
  });
}

const places = ({ sent }: TestSocket): unknown[] =>
  sent.map((message) => [message.type, 'through' in message ? message.through?.seq : undefined]);

test('a record that becomes durable while a reader is told of others is told in the next round', async () => {
  const opened = await openFolder();
  const { log } = opened.folder;
  const author = new TestAuthor('e'.repeat(32) as DeviceId);
  const append = (documents: readonly DocumentId[]): Promise<void> =>
    log.append(documents.map((document) => decodeRecord(author.record(document, 'text')))).durable;
  const twoPages = Array.from({ length: LIMITS.changedDocuments + 1 }, (_, i) => `d${i}` as DocumentId);
  await append(twoPages);
  const socket = new TestSocket();
  const channel = channelOf(opened, socket);
  let waits = 0;
  socket.onDrained = async () => {
    waits += 1;
    if (waits === 2) await append([B]);
  };
  await channel.open(undefined);
  while (socket.sent.length < 4) await turn();
  await append([A]);
  const { length } = twoPages;
  expect(places(socket)).toEqual([
    ['OPENED', undefined],
    ['CHANGED', undefined],
    ['CHANGED', length],
    ['CHANGED', length + 1],
    ['LIVE', length + 2],
  ]);
  await channel.close();
  await append([A]);
  expect(socket.sent).toHaveLength(5);
});

test('who takes no records is told which documents they are of, page by page, and nobody looks at others', async () => {
  const opened = await openFolder();
  const { log } = opened.folder;
  const author = new TestAuthor('e'.repeat(32) as DeviceId);
  const append = (documents: readonly DocumentId[]): Promise<void> =>
    log.append(documents.map((document) => decodeRecord(author.record(document, 'text')))).durable;
  await append([A]);
  const sockets = [1, 1, 2].map((number) => ({ number, socket: new TestSocket() }));
  const channels = sockets.map(({ number, socket }) => channelOf(opened, socket, number, new SentCredit(0)));
  for (const channel of channels) await channel.open({ epoch: log.epoch, ...log.position });
  const looks = vi.spyOn(log, 'documents');
  await append([B, B]);
  const twoPages = Array.from({ length: LIMITS.changedDocuments + 1 }, (_, i) => `d${i}` as DocumentId);
  await append(twoPages);
  const end = 3 + twoPages.length;
  for (const { socket, number } of sockets) {
    expect(places(socket)).toEqual([
      ['OPENED', undefined],
      ['CHANGED', 3],
      ['CHANGED', undefined],
      ['CHANGED', end],
    ]);
    const changed = socket.sent.filter((message) => message.type === 'CHANGED');
    expect(new Set(changed.map(({ channel }) => channel))).toEqual(new Set([number]));
    const documents = changed.flatMap((message) => message.documents);
    expect(new Set(documents.map(({ document }) => document))).toEqual(new Set([B, ...twoPages]));
    expect(documents[0]).toMatchObject({ document: B, seq: 3, heads: new Map([[author.id, 3]]) });
  }
  expect(looks).not.toHaveBeenCalled();
  for (const channel of channels) await channel.close();
});

test('that a reader has no credit for what it asks for is said in its turn, so who asks again and again and reads nothing is not answered', async () => {
  const opened = await openFolder();
  const socket = new TestSocket();
  const channel = channelOf(opened, socket, 1, new SentCredit(0));
  await channel.open(undefined);
  while (socket.sent.length < 2) await turn();
  let drain: () => void = () => {};
  const drained = new Promise<void>((resolve) => (drain = resolve));
  socket.onDrained = () => drained;
  const pull = { type: 'PULL', channel: 1, documents: [{ document: A, heads: new Map() }] } as const;
  const pulls = Promise.all([channel.pull(pull), channel.pull(pull)]);
  await turn();
  expect(places(socket)).toEqual([
    ['OPENED', undefined],
    ['CHANGED', 0],
  ]);
  drain();
  await pulls;
  const unsent = { type: 'UNSENT', channel: 1, documents: [A] };
  expect(socket.sent.slice(2)).toEqual([unsent, unsent]);
  await channel.close();
});

test('what a reader is told when its turn comes is made then: nothing of it waits, and it is all that there is', async () => {
  const opened = await openFolder();
  const author = new TestAuthor('e'.repeat(32) as DeviceId);
  const append = (document: DocumentId): Promise<void> =>
    opened.folder.log.append([decodeRecord(author.record(document, 'text'))]).durable;
  await append(A);
  const socket = new TestSocket();
  const channel = channelOf(opened, socket);
  let waits = 0;
  socket.onDrained = async () => {
    waits += 1;
    if (waits <= 2) await append(B);
  };
  await channel.open(undefined);
  while (socket.sent.length < 2) await turn();
  await opened.folder.log.idle();
  await turn();
  expect(places(socket)).toEqual([
    ['OPENED', undefined],
    ['CHANGED', 2],
  ]);
  await channel.close();
});

test('each is told on the channel that it uses, whoever was told the same before', async () => {
  const opened = await openFolder();
  const author = new TestAuthor('e'.repeat(32) as DeviceId);
  const append = (): Promise<void> =>
    opened.folder.log.append([decodeRecord(author.record(A, 'text'))]).durable;
  await append();
  const numbers = [1, 2, 1, 3];
  const sockets = numbers.map(() => new TestSocket());
  for (const [i, number] of numbers.entries())
    await channelOf(opened, sockets[i] as TestSocket, number).open(undefined);
  while (sockets.some(({ sent }) => sent.length < 2)) await turn();
  await append();
  const told = sockets.map(({ sent }) => sent.map((message) => 'channel' in message && message.channel));
  expect(told).toEqual(numbers.map((number) => [number, number, number]));
  expect(sockets[0]?.sent.map(({ type }) => type)).toEqual(['OPENED', 'CHANGED', 'LIVE']);
});

test('what all are told is encoded once: of fifty readers at one place, and of those that follow', async () => {
  const opened = await openFolder();
  const { log } = opened.folder;
  const author = new TestAuthor('e'.repeat(32) as DeviceId);
  const append = (text: string): Promise<void> => log.append([decodeRecord(author.record(A, text))]).durable;
  await append('first');
  const begin = { epoch: log.epoch, ...log.position };
  await append('missed');
  const sockets = Array.from({ length: 50 }, () => new TestSocket());
  const channels = sockets.map((socket) => channelOf(opened, socket));
  for (const channel of channels) await channel.open(begin);
  await append('one');
  await append('two');
  const sent = (type: FromRelay['type']): Uint8Array[] =>
    sockets.flatMap(({ frames, sent: all }) => frames.filter((_, i) => all[i]?.type === type));
  const counts = (type: FromRelay['type']): number[] => [sent(type).length, new Set(sent(type)).size];
  expect([counts('CHANGED'), counts('LIVE')]).toEqual([
    [50, 1],
    [100, 2],
  ]);
  const bytes = new Set(sent('LIVE')).values().next().value?.byteLength ?? 0;
  expect(sent('LIVE').reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(100 * bytes);
  for (const channel of channels) await channel.close();
});

test('of what a device asked for nothing more is given once its channel is to end, however long its last PUT takes', async () => {
  const opened = await openFolder();
  const { folder } = opened;
  const author = new TestAuthor('e'.repeat(32) as DeviceId);
  const records = Array.from({ length: 4 }, () => author.record(A, new Uint8Array(200_000)));
  await folder.log.append(records.map(decodeRecord)).durable;
  const socket = new TestSocket();
  const channel = channelOf(opened, socket);
  await channel.open({ epoch: folder.log.epoch, ...folder.log.position });
  let waits = 0;
  socket.onDrained = () => {
    waits += 1;
    if (waits === 3) channel.endPulls();
    return Promise.resolve();
  };
  await channel.pull({ type: 'PULL', channel: 1, documents: [{ document: A, heads: new Map() }] });
  expect(socket.sent.filter(({ type }) => type === 'RECORDS')).toHaveLength(2);
  await channel.put({ type: 'PUT', channel: 1, records: [author.record(A, 'last')] });
  expect(socket.sent.at(-1)).toMatchObject({ type: 'ACK' });
  await channel.close();
});

describe('a record that is put again', () => {
  const author = new TestAuthor('e'.repeat(32) as DeviceId);
  const [first, second] = [author.record(A, 'one'), author.record(A, 'two')];

  /** A channel to a folder of which the disk changed the second record of a document. */
  async function damaged(): Promise<{ channel: FolderChannel; socket: TestSocket }> {
    const store = memoryStore();
    const opened = await openFolder(store);
    const { folder } = opened;
    await folder.log.append([first, second].map(decodeRecord)).durable;
    const key = recordKey(FOLDER, A, 2);
    const value = ((await store.get(key)) as Uint8Array).map((byte) => byte ^ 1);
    await store.batch([{ type: 'put', key, value }], { sync: true });
    const socket = new TestSocket();
    const channel = channelOf(opened, socket);
    await channel.open({ epoch: folder.log.epoch, ...folder.log.position });
    return { channel, socket };
  }

  test('is acknowledged, although another of its document cannot be read', async () => {
    const { channel, socket } = await damaged();
    await channel.put({ type: 'PUT', channel: 1, records: [first] });
    expect(socket.sent.at(-1)).toMatchObject({ type: 'ACK', counter: 1 });
    await channel.close();
  });

  test('is not acknowledged if it cannot be read itself, and that is told to be of the relay', async () => {
    const { channel } = await damaged();
    const error: unknown = await channel
      .put({ type: 'PUT', channel: 1, records: [second] })
      .catch((thrown: unknown) => thrown);
    expect(toldError(error, silentLogger).code).toBe('RELAY_DAMAGED');
    await channel.close();
  });
});

test.each([
  ['is damaged', (row: Uint8Array) => row.map((byte) => byte ^ 1)],
  ['is lost', () => undefined],
  ['is of a later version', (row: Uint8Array) => row.with(0, RECORD_VERSION + 1)],
])('a document of which a record %s keeps a reader from nothing else', async (_, spoil) => {
  const store = memoryStore();
  const opened = await openFolder(store);
  const { folder } = opened;
  const author = new TestAuthor('e'.repeat(32) as DeviceId);
  const records = [A, B, B, B, C].map((document) => author.record(document, 'text'));
  await folder.log.append(records.map(decodeRecord)).durable;
  const key = recordKey(FOLDER, B, 3);
  const value = spoil((await store.get(key)) as Uint8Array<ArrayBuffer>);
  await store.batch([value === undefined ? { type: 'del', key } : { type: 'put', key, value }], {
    sync: true,
  });
  const socket = new TestSocket();
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (message: string) => errors.push(message) };
  const failed = (error: unknown): never => {
    throw error;
  };
  const credit = new SentCredit(Infinity);
  const options = { channel: 1, grant: 'read', socket, clock, logger, credit, failed } as const;
  const channel = new FolderChannel({ ...opened, ...options });
  await channel.open({ epoch: folder.log.epoch, ...folder.log.position });
  await channel.pull({
    type: 'PULL',
    channel: 1,
    documents: [A, B, C].map((document) => ({ document, heads: new Map() })),
  });
  expect(socket.sent.at(-1)).toEqual({
    type: 'RECORDS',
    channel: 1,
    records: [records[0], records[1], records[4]],
    done: [A, B, C],
  });
  expect(errors).toEqual(['a document cannot be read to its end']);
  await channel.close();
});

describe('what becomes durable together', () => {
  const device = 'e'.repeat(32) as DeviceId;

  /** Readers that are told of everything, one of them for each channel number. */
  async function readersOf(
    opened: Awaited<ReturnType<typeof openFolder>>,
    channels: readonly number[],
  ): Promise<{ sockets: TestSocket[]; readers: FolderChannel[] }> {
    const { log } = opened.folder;
    await log.append([decodeRecord(new TestAuthor(device).record(A, 'text'))]).durable;
    const sockets = channels.map(() => new TestSocket());
    const readers = channels.map((channel, i) => channelOf(opened, sockets[i] as TestSocket, channel));
    const cursor = { epoch: log.epoch, ...log.position };
    for (const reader of readers) await reader.open(cursor);
    for (const socket of sockets) socket.sent.splice(0);
    for (const socket of sockets) socket.frames.splice(0);
    return { sockets, readers };
  }

  test('is handed on in one frame, encoded once, but for who put some of it: he is told of the rest', async () => {
    const opened = await openFolder();
    const { sockets, readers } = await readersOf(opened, [1, 1, 1, 1]);
    const authors = [new TestAuthor(device), new TestAuthor(device)] as const;
    const put = (who: 0 | 1): Promise<void> =>
      opened.folder.log.append([decodeRecord(authors[who].record(A, 'text'))], { source: readers[who] })
        .durable;
    await Promise.all([put(0), put(1), put(0), put(0)]);
    await turn();
    const records = sockets.map(({ sent }) =>
      sent.map((each) => each.type === 'LIVE' && each.records.length),
    );
    expect(records).toEqual([[1], [3], [4], [4]]);
    expect(sockets[2]?.frames[0]).toBe(sockets[3]?.frames[0]);
    for (const socket of sockets) expect(places(socket)).toEqual([['LIVE', 5]]);
  });

  test('is handed on in several frames where it is much, and all of it', async () => {
    const opened = await openFolder();
    const { sockets } = await readersOf(opened, [1]);
    const author = new TestAuthor(device);
    const sizes = [100_000, 100_000, 100_000, 1_000_000, 1];
    const durable = sizes.map(
      (size) => opened.folder.log.append([decodeRecord(author.record(A, new Uint8Array(size)))]).durable,
    );
    await Promise.all(durable);
    await turn();
    expect(places(sockets[0] as TestSocket)).toEqual([
      ['LIVE', 3],
      ['LIVE', 4],
      ['LIVE', 5],
      ['LIVE', 6],
    ]);
  });

  test('is told once to who comes while it is on its way', async () => {
    const opened = await openFolder();
    await readersOf(opened, []);
    const { log } = opened.folder;
    const author = new TestAuthor(device);
    const socket = new TestSocket();
    const cursors: number[] = [];
    // The log tells of the first record of the batch: it is at its place, and the round is to come.
    const stop = log.appended.add(() => {
      cursors.push(log.position.seq);
      if (cursors.length > 1) return;
      void channelOf(opened, socket).open({ epoch: log.epoch, ...log.position });
    });
    const put = (): Promise<void> => log.append([decodeRecord(author.record(A, 'text'))]).durable;
    await Promise.all([put(), put(), put()]);
    while (socket.sent.length < 2) await turn();
    stop();
    await log.idle();
    await turn();
    const told = socket.sent.filter((each) => each.type === 'LIVE').flatMap(({ records }) => records);
    const changed = socket.sent.some(({ type }) => type === 'CHANGED');
    expect(cursors).toEqual([2, 3, 4]);
    expect(changed ? 2 : told.length).toBe(2);
    expect(places(socket).at(-1)).toEqual([changed ? 'CHANGED' : 'LIVE', 4]);
  });
});
