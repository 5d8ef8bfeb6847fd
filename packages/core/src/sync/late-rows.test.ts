import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { type DocumentId, silentLogger } from '../base/index.ts';
import { readProgress } from '../log/index.ts';
import { decodeRecord, type FromDevice, type FromRelay, LIMITS } from '../protocol/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '@evermesh/testkit';
import { FolderDriver } from './folder-driver.ts';
import { peerNameOf } from './peer-name.ts';
import { pendingWith } from './pending.ts';
import { BlobPeer } from './testing/blob-peer.ts';
import { cursorAt, place } from './testing/conversation.ts';
import { deviceId, FOLDER, openTestFolder, type TestFolder, write } from './testing/test-folder.ts';

const ADDRESS = 'ws://relay.example';
const PEER = peerNameOf(ADDRESS);
const channel = 1;
const EDITS = 20;

/** A device on a channel to a peer that acknowledges what it is put, unless it is told not to. */
class Wire {
  readonly driver: FolderDriver;
  /** Bytes of the records that were put. */
  readonly put: Uint8Array[] = [];
  acknowledges = true;
  #seq: number;

  constructor(folder: TestFolder, { peer = PEER, clock = new VirtualClock(), seq = 0 } = {}) {
    this.#seq = seq;
    this.driver = new FolderDriver({
      folder,
      peer,
      channel,
      frameBytes: LIMITS.frameBytes,
      remote: new BlobPeer(),
      clock,
      logger: silentLogger,
      source: this,
      send: (message) => this.#answer(message),
      took: () => undefined,
      fail: (error) => {
        throw error;
      },
      reopen: () => undefined,
      changed: () => undefined,
    });
  }

  async say(...messages: FromRelay[]): Promise<void> {
    for (const message of messages) {
      await turn();
      this.driver.receive(message);
    }
    await turn();
  }

  #answer(message: FromDevice): void {
    if (message.type !== 'PUT') return;
    this.put.push(...message.records);
    const [last] = message.records.slice(-1);
    if (!this.acknowledges || last === undefined) return;
    const { counter } = decodeRecord(last).header;
    this.#seq += message.records.length;
    const ack = { type: 'ACK', channel, counter, through: place(this.#seq) } as const;
    queueMicrotask(() => this.driver.receive(ack));
  }
}

const opened = { type: 'OPENED', channel, cursor: cursorAt(0), grant: 'write', resumed: false } as const;
const nothing = { type: 'CHANGED', channel, documents: [], through: cursorAt(0) } as const;
const kept = async ({ store }: TestFolder, peer = PEER): Promise<number | undefined> =>
  (await readProgress(store, FOLDER, peer))?.acknowledged;

let folder: TestFolder;
let clock: VirtualClock;
let wire: Wire;

/** Begins in step with a peer that has one record of this device. */
beforeEach(async () => {
  folder = await openTestFolder({ device: deviceId(1), random: seededRandom(1) });
  await write(folder, ['a']);
  clock = new VirtualClock();
  wire = new Wire(folder, { clock });
  await wire.say(opened, nothing);
  expect(wire.driver.isSettled).toBe(true);
  expect(await kept(folder)).toBe(1);
});

async function edit(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await write(folder, ['a']);
    await turn();
    expect(wire.driver.isSettled).toBe(true);
  }
}

describe('how far the peer acknowledged', () => {
  test('costs no batch of its own between edits, and one when there was none for a while', async () => {
    const before = folder.store.batches;
    await edit(EDITS);
    expect(folder.store.batches - before).toBe(EDITS);
    expect(await kept(folder)).toBe(EDITS);
    clock.advance(60_000);
    await folder.log.idle();
    expect(folder.store.batches - before).toBe(EDITS + 1);
    expect(await kept(folder)).toBe(EDITS + 1);
    clock.advance(60_000);
    await folder.log.idle();
    expect([folder.store.batches - before, clock.waiting]).toEqual([EDITS + 1, 0]);
    await wire.driver.stop();
  });

  test('is kept before the peer is left', async () => {
    await edit(1);
    expect(await kept(folder)).toBe(1);
    await wire.driver.stop();
    expect(await kept(folder)).toBe(2);
    expect(clock.waiting).toBe(0);
  });

  test('counts when it is asked what is pending, and in the store from then on', async () => {
    await edit(1);
    expect(await kept(folder)).toBe(1);
    expect(await pendingWith(folder, ADDRESS)).toEqual({ toRelay: 0, fromRelay: 0 });
    expect(await kept(folder)).toBe(2);
    await wire.driver.stop();
  });

  test('goes with whatever another peer gives, and with what that one acknowledged', async () => {
    const other = new Wire(folder, { peer: 'other', clock });
    await other.say(opened, nothing);
    const before = folder.store.batches;
    await edit(EDITS);
    expect(folder.store.batches - before).toBe(EDITS);
    expect([await kept(folder), await kept(folder, 'other')]).toEqual([EDITS, EDITS]);
    await Promise.all([wire.driver.stop(), other.driver.stop()]);
    expect(folder.store.batches - before).toBe(EDITS + 1);
    expect([await kept(folder), await kept(folder, 'other')]).toEqual([EDITS + 1, EDITS + 1]);
  });
});

describe('a device that is killed before it kept what the peer acknowledged', () => {
  let again: TestFolder;
  let after: Wire;
  const resumed = { ...opened, cursor: cursorAt(EDITS + 1), resumed: true };

  beforeEach(async () => {
    await edit(EDITS);
    const rows = new Map(folder.store.rows);
    await wire.driver.stop();
    again = await openTestFolder({ device: deviceId(1), random: seededRandom(2), rows });
    expect(await kept(again)).toBe(EDITS);
    // It never claims more than it knows.
    expect(await pendingWith(again, ADDRESS)).toEqual({ toRelay: 1, fromRelay: 0 });
    after = new Wire(again, { seq: EDITS });
    after.acknowledges = false;
  });

  test('is not in step before it hears it again, and puts the same bytes until then', async () => {
    await after.say(resumed, { ...nothing, through: cursorAt(EDITS) });
    expect(after.driver.isSettled).toBe(false);
    expect(after.put).toEqual(wire.put.slice(-1));
    const { counter } = decodeRecord(after.put[0] as Uint8Array).header;
    await after.say({ type: 'ACK', channel, counter, through: place(EDITS + 1) });
    expect(after.driver.isSettled).toBe(true);
    expect(await pendingWith(again, ADDRESS)).toEqual({ toRelay: 0, fromRelay: 0 });
    await after.driver.stop();
  });

  test('puts nothing to a peer that says that it has it', async () => {
    const heads = new Map([[folder.author, EDITS + 1]]);
    const documents = [{ document: 'a' as DocumentId, seq: EDITS + 1, bytes: 1, heads }];
    await after.say(resumed, { ...nothing, documents, through: cursorAt(EDITS + 1) });
    expect(after.put).toEqual([]);
    expect(after.driver.isSettled).toBe(true);
    expect(await pendingWith(again, ADDRESS)).toEqual({ toRelay: 0, fromRelay: 0 });
    await after.driver.stop();
  });
});
