import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { type BlobName, type DocumentId, gather, inOnePiece, silentLogger, utf8 } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { blobKey, recordKey } from '../log/index.ts';
import { decodeRecord, encodeRecord, type FromDevice, type FromRelay, LIMITS } from '../protocol/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '@evermesh/testkit';
import type { FolderDriverOptions } from './driver-options.ts';
import { FolderDriver } from './folder-driver.ts';
import { BlobPeer } from './testing/blob-peer.ts';
import { cursorAt, place } from './testing/conversation.ts';
import { deviceId, FOLDER, openTestFolder, type TestFolder, write } from './testing/test-folder.ts';

const channel = 1;
let folder: TestFolder;
/** What would have ended the connection. */
let failures: EvermeshError[];

beforeEach(async () => {
  folder = await openTestFolder({ device: deviceId(1), random: seededRandom(1) });
  await write(folder, ['a']);
  failures = [];
});

const drive = (over: Partial<FolderDriverOptions> = {}): FolderDriver =>
  new FolderDriver({
    folder,
    peer: 'peer',
    channel,
    frameBytes: LIMITS.frameBytes,
    remote: new BlobPeer(),
    clock: new VirtualClock(),
    logger: silentLogger,
    source: undefined,
    send: () => undefined,
    took: () => undefined,
    fail: (error) => failures.push(error),
    reopen: () => undefined,
    changed: () => undefined,
    ...over,
  });

async function say(driver: FolderDriver, ...messages: FromRelay[]): Promise<void> {
  await turn();
  for (const message of messages) driver.receive(message);
  await turn();
}

const opened = { type: 'OPENED', channel, cursor: cursorAt(0), grant: 'write', resumed: false } as const;
const nothing = { type: 'CHANGED', channel, documents: [], through: cursorAt(0) } as const;

test('a folder that is damaged here is refused, and the connection stays for the others', async () => {
  folder.store.rows.set(recordKey(FOLDER, 'a' as never, 1), Uint8Array.of(1));
  const driver = drive();
  await say(driver, opened, nothing);
  expect(driver).toMatchObject({ state: 'refused', isSettled: false, refusal: { code: 'STORE_CORRUPT' } });
  expect(failures).toEqual([]);
  await driver.stop();
});

test('so is one of which the peer sends what is no record, or one of a later version', async () => {
  const other = await openTestFolder({ device: deviceId(2), random: seededRandom(2) });
  const [record] = await write(other, ['b']);
  const later = encodeRecord(record as never).with(0, 2);
  for (const [bytes, code] of [
    [Uint8Array.of(1, 2, 3), 'RECORD_MALFORMED'],
    [later, 'FORMAT_TOO_NEW'],
  ] as const) {
    const driver = drive();
    await say(driver, opened, nothing, { type: 'LIVE', channel, records: [bytes], through: place(1) });
    expect(driver).toMatchObject({ state: 'refused', refusal: { code } });
    await driver.stop();
  }
  expect(failures).toEqual([]);
});

test('what is no use of the protocol ends the connection', async () => {
  const driver = drive();
  await say(driver, opened, opened);
  expect(failures).toMatchObject([{ code: 'MESSAGE_UNEXPECTED' }]);
  await driver.stop();
});

test('a folder of which the peer asks for blobs is not in step before it has them', async () => {
  const remote = new BlobPeer();
  const { blobs } = folder.contents;
  const { name } = await blobs.write(inOnePiece(utf8('asked for')));
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const putMany = remote.putMany.bind(remote);
  remote.putMany = (...put) => held.then(() => putMany(...put));
  let changed = (): void => undefined;
  const driver = drive({ folder, remote, changed: () => changed() });
  const heads = new Map([[folder.author, 1]]);
  const documents = [{ document: 'a' as DocumentId, seq: 1, bytes: 1, heads }];
  await say(driver, { type: 'WANTED', channel, names: [name] }, opened, { ...nothing, documents });
  expect(driver).toMatchObject({ state: 'live', isSettled: false });
  const settled = new Promise<void>((resolve) => {
    changed = () => {
      if (driver.isSettled) resolve();
    };
  });
  letGo();
  await settled;
  expect([...remote.held.keys()]).toEqual([name]);
  await driver.stop();
});

test('a blob that comes by another link is told of on one that waited for nothing else', async () => {
  let told: boolean | undefined;
  const driver: FolderDriver = drive({ changed: () => (told = driver.isSettled) });
  const name = 'b0'.repeat(32) as BlobName;
  const heads = new Map([[folder.author, 1]]);
  const documents = [{ document: 'a' as DocumentId, seq: 1, bytes: 1, heads }];
  await folder.committer.commit(folder.debts.want([name]));
  await say(driver, opened, { ...nothing, documents });
  expect(driver).toMatchObject({ state: 'live', isSettled: false, isStalled: true });
  told = undefined;
  await folder.committer.commit(folder.debts.blobFetched(name));
  expect(told).toBe(true);
  await driver.stop();
});

test('a blob that is found damaged here is fetched again at once, and its record is put meanwhile', async () => {
  const remote = new BlobPeer();
  const { blobs } = folder.contents;
  const content = utf8('content');
  const { name } = await blobs.write(inOnePiece(content));
  folder.store.rows.set(blobKey(name), utf8('Content'));
  await write(folder, ['a'], { blobs: [name] });
  remote.hold(content);
  const sent: FromDevice['type'][] = [];
  const driver = drive({ folder, remote, send: ({ type }) => sent.push(type) });
  const fetched = new Promise((resolve) => folder.debts.fetched.add(resolve));
  await say(driver, opened, nothing);
  expect(await fetched).toBe(name);
  expect(sent).toContain('PUT');
  expect(await gather(blobs.read(name))).toEqual(content);
  await driver.stop();
});

test('a blob for which the peer has no room keeps its own record back, and no other; it is offered again after a while', async () => {
  const remote = new BlobPeer();
  const clock = new VirtualClock();
  const { name } = await folder.contents.blobs.write(inOnePiece(utf8('large')));
  await write(folder, ['b'], { blobs: [name] });
  await write(folder, ['gone'], { blobs: [name] });
  await write(folder, ['c']);
  remote.failure = new EvermeshError('QUOTA_EXCEEDED', 'no room');
  let changed = (): void => undefined;
  let seq = 0;
  const driver: FolderDriver = drive({
    folder,
    remote,
    clock,
    changed: () => changed(),
    send: (message) => {
      if (message.type !== 'PUT') return;
      const headers = message.records.map((bytes) => decodeRecord(bytes).header);
      sent.push(...headers.map(({ document }) => document));
      const { counter = 0 } = headers.at(-1) ?? {};
      void turn().then(() => driver.receive({ type: 'ACK', channel, counter, through: place(++seq) }));
    },
  });
  const sent: string[] = [];
  const until = (check: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      changed = () => {
        if (check()) resolve();
      };
      changed();
    });
  const stalled = until(() => driver.isStalled);
  await say(driver, opened, nothing);
  await stalled;
  expect(sent).toEqual(['a', 'c']);
  // What was removed is not waited for.
  expect(driver).toMatchObject({ withheld: ['b'], full: { code: 'QUOTA_EXCEEDED' } });
  expect(driver).toMatchObject({ state: 'live', refusal: undefined, isSettled: false });
  remote.failure = undefined;
  const settled = until(() => driver.isSettled);
  clock.advance(60_000);
  await settled;
  expect([sent, [...remote.held.keys()]]).toEqual([['a', 'c', 'b', 'gone'], [name]]);
  expect(driver).toMatchObject({ withheld: [], full: undefined });
  await driver.stop();
  expect(clock.waiting).toBe(0);
});
