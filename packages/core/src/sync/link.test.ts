import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { authorOf, type BlobName, type DocumentId, newRunId, silentLogger } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import {
  type BatchedBlob,
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  type FromRelay,
  LIMITS,
  type LogRecord,
  type Message,
  PROTOCOL_VERSION,
} from '../protocol/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { faulty, VirtualClock } from '@evermesh/testkit';
import { Link } from './link.ts';
import { cursorAt, place } from './testing/conversation.ts';
import { deviceId, FOLDER, openTestFolder, type TestFolder, write } from './testing/test-folder.ts';
import type { Connection, ConnectionEvents, RemoteBlobs, Transport } from './transport.ts';

type Of<T extends Message['type']> = Extract<Message, { type: T }>;

/** A peer that a test speaks for, over as many connections as the link makes. */
class Peer implements Transport {
  readonly address: string = 'peer';
  readonly token: string = 'secret';
  readonly connections: ConnectionEvents[] = [];
  #heard: Message[] = [];
  /** What it takes on a channel in the beginning. */
  credit = 65_536;
  /** Blobs of the peer, and what it answers when it will have none. */
  readonly has = new Set<BlobName>();
  refusesBlobs: EvermeshError | undefined;
  /** What it has of those it is asked for, and what it was asked for. */
  readonly gives = new Map<BlobName, BatchedBlob>();
  readonly asked: (readonly BlobName[])[] = [];

  connect(events: ConnectionEvents): Connection {
    this.connections.push(events);
    let isOpen = true;
    queueMicrotask(() => events.opened());
    return {
      send: (frame) => {
        if (isOpen) this.#heard.push(decodeMessage(frame));
      },
      buffered: 0,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        events.closed(undefined);
      },
    };
  }

  /** What was said since this was last asked. */
  take(): Message[] {
    return this.#heard.splice(0);
  }

  async say(...messages: FromRelay[]): Promise<void> {
    for (const message of messages) this.connections.at(-1)?.frame(encodeMessage(message));
    await turn();
  }

  async welcome(): Promise<void> {
    await this.say({
      type: 'WELCOME',
      version: PROTOCOL_VERSION,
      frameBytes: LIMITS.frameBytes,
      recordBytes: LIMITS.recordBytes,
      credit: this.credit,
    });
  }

  readonly blobs: RemoteBlobs = {
    has: (_folder, name) => Promise.resolve(this.has.has(name)),
    get: () => {
      throw new EvermeshError('BLOB_NOT_FOUND', 'This peer gives no blobs.');
    },
    put: (_folder, name) => {
      if (this.refusesBlobs !== undefined) return Promise.reject(this.refusesBlobs);
      this.has.add(name);
      return Promise.resolve();
    },
    getMany: async function* getMany(this: Peer, ...[, names]: Parameters<RemoteBlobs['getMany']>) {
      this.asked.push(names);
      yield* names.flatMap((name) => this.gives.get(name) ?? []);
    }.bind(this),
    putMany: (_folder, blobs) => {
      if (this.refusesBlobs !== undefined) return Promise.reject(this.refusesBlobs);
      for (const { name } of blobs) this.has.add(name);
      return Promise.resolve();
    },
    lacking: (_folder, names) => Promise.resolve(names.filter((name) => !this.has.has(name))),
  };
}

const types = (messages: readonly Message[]): string[] => messages.map(({ type }) => type);
const find = <T extends Message['type']>(messages: readonly Message[], type: T): Of<T> =>
  messages.find((message) => message.type === type) as Of<T>;

let clock: VirtualClock;
let peer: Peer;
let folder: TestFolder;
let link: Link;

beforeEach(async () => {
  clock = new VirtualClock();
  peer = new Peer();
  folder = await openTestFolder({ device: deviceId(1), random: seededRandom(1) });
  await write(folder, ['a']);
  link = new Link({
    transport: peer,
    device: { id: deviceId(1), name: 'Anna' },
    clock,
    random: seededRandom(2),
    logger: silentLogger,
  });
  link.add(folder);
  await turn();
});

afterEach(async () => {
  await link.close();
  expect(clock.waiting).toBe(0);
});

/** Connected, and the peer has everything. */
async function inStep(): Promise<number> {
  await peer.welcome();
  const { channel } = find(peer.take(), 'OPEN');
  const heads = new Map([[folder.author, folder.log.lastCounter(folder.author)]]);
  await peer.say(
    { type: 'OPENED', channel, cursor: cursorAt(1), grant: 'write', resumed: false },
    {
      type: 'CHANGED',
      channel,
      documents: [{ document: 'a' as never, seq: 1, bytes: 1, heads }],
      through: cursorAt(1),
    },
  );
  return channel;
}

describe('a connection', () => {
  test('says who is there, waits to be welcome, and opens each folder on a channel of its own', async () => {
    expect(peer.take()).toEqual([
      {
        type: 'HELLO',
        version: PROTOCOL_VERSION,
        ...{ device: deviceId(1), label: 'Anna', token: 'secret', credit: 8 * 1024 * 1024 },
      },
    ]);
    expect(link.status()).toBe('connecting');
    await peer.welcome();
    expect(link.status()).toBe('connected');
    expect(peer.take()).toMatchObject([{ type: 'OPEN', folder: FOLDER, create: true }]);
  });

  test('that breaks is made anew, later each time, and at once soon again after one that was of use', async () => {
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      peer.connections.at(-1)?.closed(new EvermeshError('LINK_UNREACHABLE', 'gone'));
      expect([link.status(), link.error?.code]).toEqual(['waiting', 'LINK_UNREACHABLE']);
      const before = peer.connections.length;
      let pause = 0;
      for (; peer.connections.length === before; pause += 50) clock.advance(50);
      pauses.push(pause);
      await turn();
    }
    expect(pauses[0]).toBeLessThanOrEqual(300);
    expect(Math.max(...pauses)).toBeGreaterThan(10_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(15_050);
    peer.take();
    await inStep();
    expect(link.error).toBeUndefined();
    peer.connections.at(-1)?.closed(undefined);
    const before = peer.connections.length;
    clock.advance(300);
    expect(peer.connections.length).toBe(before + 1);
    await turn();
  });

  test.each(['AUTH_REQUIRED', 'PROTOCOL_UNSUPPORTED', 'ORIGIN_REFUSED'])(
    'that ends with %s is the last',
    async (code) => {
      const end = link.whenSynced().catch((error: unknown) => error);
      await peer.say({ type: 'FAILED', code, reason: 'no' });
      expect(await end).toMatchObject({ code });
      expect(link.status()).toBe('refused');
      clock.advance(600_000);
      expect(peer.connections).toHaveLength(1);
    },
  );

  test('with a relay of another version is the last', async () => {
    await peer.say({
      type: 'WELCOME',
      version: PROTOCOL_VERSION + 1,
      ...{ frameBytes: 1000, recordBytes: 1000, credit: 1 },
    });
    expect([link.status(), link.error?.code]).toEqual(['refused', 'PROTOCOL_UNSUPPORTED']);
  });

  test('with a relay that finds no message in HELLO is the last: it speaks an older version', async () => {
    const reason = 'Not a message of this protocol: 4 bytes follow the end.';
    await peer.say({ type: 'FAILED', code: 'MESSAGE_MALFORMED', reason });
    expect([link.status(), link.error?.code]).toEqual(['refused', 'PROTOCOL_UNSUPPORTED']);
  });

  test.each<[string, FromRelay | Uint8Array, string]>([
    ['bytes that are no message', Uint8Array.of(255), 'MESSAGE_MALFORMED'],
    ['a message that only devices send', { type: 'LEAVE', channel: 1 } as never, 'MESSAGE_UNEXPECTED'],
    [
      'a folder\u2019s message before WELCOME',
      { type: 'LIVE', channel: 1, through: place(1), records: [] },
      'MESSAGE_UNEXPECTED',
    ],
  ])('on which %s come ends with a code, and nothing is thrown', async (_what, said, code) => {
    const frame = said instanceof Uint8Array ? said : encodeMessage(said);
    peer.connections.at(-1)?.frame(frame);
    expect([link.status(), link.error?.code]).toEqual(['waiting', code]);
    await turn();
  });

  test('that falls silent is asked, and then given up', async () => {
    await inStep();
    peer.take();
    clock.advance(20_000);
    expect(types(peer.take())).toEqual(['PING']);
    await peer.say({ type: 'PONG' });
    clock.advance(20_000);
    expect(types(peer.take())).toEqual(['PING']);
    clock.advance(99_999);
    expect(link.error).toBeUndefined();
    clock.advance(1);
    expect(link.error?.code).toBe('LINK_UNREACHABLE');
    clock.advance(300);
    expect(peer.connections.length).toBeGreaterThan(1);
    await turn();
  });

  test('that is not welcome within 20 seconds is given up', async () => {
    clock.advance(20_000);
    expect(link.error?.code).toBe('LINK_UNREACHABLE');
    await turn();
  });
});

describe('a folder on a link', () => {
  test('is synced when both hold the same, and not while something written here is not acknowledged', async () => {
    const channel = await inStep();
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    await link.whenSynced({ signal });
    expect(removed.mock.calls).toHaveLength(added.mock.calls.length);
    expect(link.folders()).toMatchObject([{ id: FOLDER, state: 'live', isSynced: true, error: undefined }]);
    peer.take();
    await write(folder, ['a']);
    await turn();
    const put = find(peer.take(), 'PUT');
    let isSynced = false;
    const synced = link.whenSynced().then(() => (isSynced = true));
    await turn();
    expect(isSynced).toBe(false);
    const { counter } = decodeRecord(put.records[0] as Uint8Array).header;
    await peer.say({ type: 'ACK', channel, counter, through: place(2) });
    await synced;
  });

  test('is not synced before what came, and how far it was read, is on the disk', async () => {
    const channel = await inStep();
    const other = await openTestFolder({ device: deviceId(2), random: seededRandom(5) });
    const [record] = await write(other, ['b']);
    const batch = folder.store.batch.bind(folder.store);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    folder.store.batch = async (operations, options) => {
      await held;
      return batch(operations, options);
    };
    await peer.say({ type: 'LIVE', channel, through: place(2), records: [encodeRecord(record as never)] });
    expect(link.folders()).toMatchObject([{ isSynced: false }]);
    letGo();
    await link.whenSynced();
    expect(folder.log.position.seq).toBe(2);
  });

  test('becomes synced with a relay that broke off what it announced, and was set back to before that', async () => {
    const first = await inStep();
    const heads = new Map([[folder.author, 1]]);
    const told = new Map([[authorOf(deviceId(2), newRunId(seededRandom(5))), 1]]);
    const b = { document: 'b' as DocumentId, seq: 3, bytes: 1, heads: told };
    await peer.say({ type: 'CHANGED', channel: first, documents: [b], through: undefined });
    expect(link.folders()).toMatchObject([{ owedDocuments: 1 }]);
    await folder.committer.idle();
    peer.connections.at(-1)?.closed(undefined);
    clock.advance(300);
    await turn();
    peer.take();

    await peer.welcome();
    const { channel } = find(peer.take(), 'OPEN');
    await peer.say(
      { type: 'OPENED', channel, cursor: cursorAt(1), grant: 'write', resumed: true },
      { type: 'RECORDS', channel, records: [], done: [b.document] },
    );
    await folder.committer.idle();
    await turn();
    const again = peer.take();
    expect(types(again)).toEqual(['STATES', 'PULL', 'LEAVE', 'OPEN']);
    const open = find(again, 'OPEN');
    expect(open.cursor).toBe(undefined);
    const a = { document: 'a' as DocumentId, seq: 1, bytes: 1, heads };
    await peer.say(
      { type: 'OPENED', channel: open.channel, cursor: cursorAt(1), grant: 'write', resumed: false },
      { type: 'CHANGED', channel: open.channel, documents: [a], through: cursorAt(1) },
    );
    await link.whenSynced();
    expect(link.folders()).toMatchObject([{ state: 'live', isSynced: true, owedDocuments: 0 }]);
  });

  test('that is refused for a while is asked for again, and meanwhile tells why', async () => {
    await peer.welcome();
    const { channel } = find(peer.take(), 'OPEN');
    await peer.say({
      type: 'REFUSED',
      channel,
      code: 'FOLDER_NOT_FOUND',
      reason: 'not yet',
      retryAfter: 5000,
    });
    expect(link.folders()).toMatchObject([{ state: 'refused', error: { code: 'FOLDER_NOT_FOUND' } }]);
    await expect(link.whenSynced()).rejects.toMatchObject({ code: 'FOLDER_NOT_FOUND' });
    clock.advance(4999);
    await turn();
    expect(peer.take()).toEqual([]);
    clock.advance(1);
    await turn();
    const again = peer.take();
    expect(types(again)).toEqual(['LEAVE', 'OPEN']);
    expect(find(again, 'OPEN').channel).not.toBe(channel);
    expect(peer.connections).toHaveLength(1);
  });

  test('what it puts waits for its blobs, and what follows waits behind it', async () => {
    const channel = await inStep();
    peer.take();
    const name = 'b0'.repeat(32) as BlobName;
    folder.contents.blobs.size = (of) => Promise.resolve(of === name ? 3 : undefined);
    folder.contents.blobs.read = async function* read() {
      yield Uint8Array.of(1, 2, 3);
    };
    await write(folder, ['a'], { blobs: [name] });
    await write(folder, ['a']);
    await turn();
    expect([...peer.has]).toEqual([name]);
    const counters = peer
      .take()
      .flatMap((message) => (message.type === 'PUT' ? message.records : []))
      .map((bytes) => decodeRecord(bytes).header.counter);
    expect([channel, counters]).toEqual([1, [2, 3]]);
  });

  describe('of which the peer does not take the blobs', () => {
    const name = 'b0'.repeat(32) as BlobName;
    let channel: number;
    const puts = (): number => peer.take().filter(({ type }) => type === 'PUT').length;

    async function writeUntaken(why: EvermeshError): Promise<void> {
      channel = await inStep();
      peer.take();
      peer.refusesBlobs = why;
      folder.contents.blobs.size = () => Promise.resolve(3);
      folder.contents.blobs.read = async function* read() {
        yield Uint8Array.of(1, 2, 3);
      };
      await write(folder, ['a'], { blobs: [name] });
      await write(folder, ['a']);
      await turn();
    }

    async function receiveOne(): Promise<void> {
      const other = await openTestFolder({ device: deviceId(2), random: seededRandom(5) });
      const [record] = await write(other, ['b']);
      await peer.say({ type: 'LIVE', channel, through: place(2), records: [encodeRecord(record as never)] });
      expect(folder.log.document('b' as never)?.records).toBe(1);
    }

    test('for now, tells why, receives on, and offers them again', async () => {
      await writeUntaken(new EvermeshError('STORE_FAILED', 'no room'));
      expect(link.folders()).toMatchObject([
        { state: 'live', isSynced: false, error: { code: 'STORE_FAILED' } },
      ]);
      await expect(link.whenSynced()).rejects.toMatchObject({ code: 'STORE_FAILED' });
      await receiveOne();
      clock.advance(1000);
      await turn();
      expect(puts()).toBe(0);
      peer.refusesBlobs = undefined;
      clock.advance(1999);
      await turn();
      expect(puts()).toBe(0);
      clock.advance(1);
      await turn();
      expect([puts(), [...peer.has]]).toEqual([2, [name]]);
      expect(link.folders()).toMatchObject([{ error: undefined }]);
    });

    test('and never will, tells why, receives on, and sends nothing that was written behind it', async () => {
      await writeUntaken(new EvermeshError('CONTENT_TOO_LARGE', 'too much'));
      expect(link.folders()).toMatchObject([{ state: 'live', error: { code: 'CONTENT_TOO_LARGE' } }]);
      await receiveOne();
      peer.refusesBlobs = undefined;
      await write(folder, ['a']);
      clock.advance(60_000);
      await turn();
      expect([puts(), peer.has.size]).toEqual([0, 0]);
    });
  });

  test('wants the blobs of what others wrote, and asks again for those that do not come', async () => {
    const channel = await inStep();
    const other = await openTestFolder({ device: deviceId(2), random: seededRandom(5) });
    const name = 'b0'.repeat(32) as BlobName;
    const [record] = await write(other, ['b'], { blobs: [name] });
    await peer.say({ type: 'LIVE', channel, through: place(2), records: [encodeRecord(record as never)] });
    expect(link.folders()).toMatchObject([{ isSynced: false, isStalled: true, wantedBlobs: 1 }]);
    expect(peer.asked).toEqual([[name]]);
    clock.advance(1000);
    await turn();
    expect(peer.asked).toEqual([[name], [name]]);
    peer.gives.set(name, { name, size: 1, bytes: Uint8Array.of(1) });
    folder.contents.blobs.write = () => Promise.resolve({ name, size: 1 });
    clock.advance(2000);
    await turn();
    expect(link.folders()).toMatchObject([{ isSynced: true, isStalled: false, wantedBlobs: 0 }]);
  });

  test('waits for nothing that the peer announced and does not give, and is not called synced', async () => {
    const channel = await inStep();
    const other = await openTestFolder({ device: deviceId(2), random: seededRandom(5) });
    const [one, two] = await write(other, ['b', 'b']);
    const { document, author } = (two as LogRecord).header;
    const heads = new Map([[author, 2]]);
    const changed = { document, seq: 2, bytes: 100, heads };
    await peer.say({ type: 'CHANGED', channel, documents: [changed], through: undefined });
    expect(link.folders()).toMatchObject([{ isSynced: false, isStalled: false, owedDocuments: 1 }]);
    const records = [encodeRecord(one as LogRecord)];
    await peer.say({ type: 'RECORDS', channel, records, done: [document] });
    expect(link.folders()).toMatchObject([{ isSynced: false, isStalled: true, owedDocuments: 1 }]);
  });

  test('that leaves the link is told to the peer and heard no more', async () => {
    const channel = await inStep();
    peer.take();
    await link.remove(FOLDER);
    expect(peer.take()).toEqual([{ type: 'LEAVE', channel }]);
    expect(link.folders()).toEqual([]);
    await peer.say({ type: 'LIVE', channel, through: place(2), records: [] });
    expect(link.status()).toBe('connected');
  });

  test('that leaves the link before the peer was told of it is left in silence', async () => {
    await inStep();
    await link.remove(FOLDER);
    peer.take();
    link.add(folder);
    const left = link.remove(FOLDER);
    await left;
    await turn();
    expect(peer.take()).toEqual([]);
    expect(link.status()).toBe('connected');
  });
});

describe('the end', () => {
  test('waiting ends with the reason of its signal, or with the link', async () => {
    const controller = new AbortController();
    const aborted = link.whenSynced({ signal: controller.signal }).catch((error: unknown) => error);
    controller.abort(new Error('enough'));
    expect(await aborted).toMatchObject({ message: 'enough' });
    const closed = link.whenSynced().catch((error: unknown) => error);
    await turn();
    await link.close();
    expect(await closed).toMatchObject({ code: 'LINK_CLOSED' });
    expect(link.status()).toBe('closed');
    clock.advance(600_000);
    expect(peer.connections).toHaveLength(1);
  });

  test('a store that fails ends the link for good', async () => {
    const channel = await inStep();
    folder.store.batch = () => Promise.reject(new Error('no space left'));
    await peer.say({ type: 'LIVE', channel, through: place(2), records: [] });
    expect([link.status(), link.error?.code]).toEqual(['refused', 'STORE_FAILED']);
  });
});

describe('a disk that is far slower than what others write live', () => {
  const MEBIBYTE = 1024 * 1024;
  const RECEIVE_BYTES = 8 * MEBIBYTE;

  /** The next batch of the store takes a second. */
  const hang = (): void => {
    const late = faulty({ ...folder.store }, 1, { clock, milliseconds: 1000 });
    folder.store.batch = (operations, options) => late.batch(operations, options);
  };

  /** What another device wrote: a record of a document each. */
  async function written(count: number): Promise<Uint8Array[]> {
    const other = await openTestFolder({ device: deviceId(2), random: seededRandom(3) });
    const body = new Uint8Array(MEBIBYTE);
    const writing = Array.from({ length: count }, async (_, i) => {
      const [record] = await write(other, [`live-${i}`], { body });
      return encodeRecord(record as LogRecord);
    });
    return Promise.all(writing);
  }

  test('is given no more than there is credit for, and more as it takes it', async () => {
    const channel = await inStep();
    const records = await written(8);
    hang();
    peer.take();
    for (const [i, record] of records.entries())
      await peer.say({ type: 'LIVE', channel, through: place(2 + i), records: [record] }, { type: 'PING' });
    // It goes on, but takes no more before its disk is there.
    expect(new Set(types(peer.take()))).toEqual(new Set(['PONG']));
    clock.advance(1000);
    await folder.committer.idle();
    await turn();
    const bytes = records.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes).toBeGreaterThan(RECEIVE_BYTES);
    const told = peer.take().filter(({ type }) => type === 'CREDIT');
    expect(told.at(-1)).toEqual({ type: 'CREDIT', channel, credit: bytes + RECEIVE_BYTES });
  });

  test('ends the connection with a peer that sends more all the same', async () => {
    const channel = await inStep();
    const records = await written(9);
    hang();
    for (const [i, record] of records.entries())
      await peer.say({ type: 'LIVE', channel, through: place(2 + i), records: [record] });
    expect([link.status(), link.error?.code]).toEqual(['waiting', 'MESSAGE_BEYOND_CREDIT']);
    clock.advance(1000);
    await folder.committer.idle();
  });
});

describe('PUTs', () => {
  test('leave while there is credit, in their order, and the rest when the peer takes more', async () => {
    peer.credit = 1;
    const channel = await inStep();
    peer.take();
    const putsAfter = async (document: string): Promise<string[]> => {
      await write(folder, [document]);
      await turn();
      return put();
    };
    const put = (): string[] =>
      peer
        .take()
        .flatMap((message) =>
          message.type === 'PUT'
            ? message.records.map((bytes) => String(decodeRecord(bytes).header.document))
            : [],
        );
    // There was credit for one byte, so for one PUT.
    expect(await putsAfter('b')).toEqual(['b']);
    expect([await putsAfter('c'), await putsAfter('d')]).toEqual([[], []]);
    // Said once more, or late, it changes nothing.
    await peer.say({ type: 'CREDIT', channel, credit: 1 });
    expect(put()).toEqual([]);
    await peer.say({ type: 'CREDIT', channel, credit: 200 });
    expect(put()).toEqual(['c']);
    await peer.say({ type: 'CREDIT', channel, credit: 100_000 }, { type: 'CREDIT', channel, credit: 1 });
    expect(put()).toEqual(['d']);
    expect(await putsAfter('e')).toEqual(['e']);
  });

  test('that had no credit are sent on the next connection', async () => {
    peer.credit = 0;
    await inStep();
    peer.take();
    await write(folder, ['b']);
    await turn();
    expect(types(peer.take())).toEqual([]);
    peer.connections.at(-1)?.closed(undefined);
    clock.advance(300);
    await turn();
    peer.credit = 1;
    await inStep();
    await turn();
    expect(types(peer.take())).toContain('PUT');
  });
});
