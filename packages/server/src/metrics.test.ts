/** What whoever watches a relay sees of it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import type { FolderId } from '@evermesh/core/base';
import { inlineCompaction, type CompactionJob, type CompactionResult } from '@evermesh/core/log';
import { expect, onTestFinished, test } from 'vitest';
import { sharedToken } from './authorizer.ts';
import { measuredCompaction } from './measured.ts';
import { openRelay, type RelayOptions } from './open-relay.ts';
import { PrometheusMeter } from './prometheus-meter.ts';
import { A, FOLDER, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';
import { AT_ONCE, counting } from './testing/counting-codec.ts';

const METRICS = { host: '127.0.0.1', port: 0 };
const SECRET = 'a-token-that-nobody-is-to-see';

async function opened(options: Partial<RelayOptions> = {}): Promise<TestRelay> {
  const relay = await TestRelay.open({ metrics: METRICS, ...options });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  return relay;
}

const ask = async (relay: TestRelay, path: string): Promise<[number, string]> => {
  const response = await fetch(`${relay.running.metricsUrl}${path}`);
  return [response.status, await response.text()];
};

/** By name and labels. */
async function numbersOf(relay: TestRelay): Promise<ReadonlyMap<string, number>> {
  const [status, text] = await ask(relay, '/metrics');
  expect(status).toBe(200);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('connections, channels, folders, frames, synced batches and refusals are counted', async () => {
  const relay = await opened({ authorizer: sharedToken(SECRET) });
  const before = await numbersOf(relay);
  await using client = await TestClient.hello(relay.url, { token: SECRET });
  await using stranger = await TestClient.hello(relay.url, { token: 'wrong' });
  await client.open();
  const author = new TestAuthor(client.device);
  for (let i = 0; i < 10; i++) {
    client.send({ type: 'PUT', channel: 1, records: [author.record(A, new Uint8Array(1000))] });
    await client.next('ACK');
  }
  stranger.send({ type: 'OPEN', channel: 1, folder: FOLDER, create: false, cursor: undefined });
  await stranger.next('REFUSED');
  expect((await fetch(`${relay.http}/v1/folders/${FOLDER}/blobs/${'a'.repeat(64)}`)).status).toBe(401);
  const after = await numbersOf(relay);
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(after.get('evermesh_relay_connections')).toBe(2);
  expect(after.get('evermesh_relay_channels')).toBe(2);
  expect(after.get('evermesh_relay_folders_open')).toBe(1);
  // HELLO and OPEN of both, and ten PUTs.
  expect(grown('evermesh_relay_frames_total{direction="in"}')).toBe(14);
  // WELCOME, OPENED or REFUSED, CHANGED, and ten ACKs.
  expect(grown('evermesh_relay_frames_total{direction="out"}')).toBe(15);
  expect(grown('evermesh_relay_frame_bytes_total{direction="in"}')).toBeGreaterThan(10_000);
  expect(grown('evermesh_relay_store_sync_seconds_count')).toBeGreaterThanOrEqual(10);
  expect(grown('evermesh_relay_store_synced_bytes_total')).toBeGreaterThan(10_000);
  expect(grown('evermesh_relay_refused_total{code="AUTH_DENIED"}')).toBe(1);
  expect(grown('evermesh_relay_refused_total{code="AUTH_REQUIRED"}')).toBe(1);
});

test('nothing that names a folder, a device, an address or a token is shown', async () => {
  const relay = await opened({ authorizer: sharedToken(SECRET) });
  await using client = await TestClient.hello(relay.url, { token: SECRET });
  await client.open();
  const [, text] = await ask(relay, '/metrics');
  for (const secret of [SECRET, FOLDER, client.device, '127.0.0.1']) expect(text).not.toContain(secret);
});

test('health is whether the store works, readiness whether connections are taken', async () => {
  const relay = await opened();
  expect(await ask(relay, '/healthz')).toEqual([200, '{"status":"ok"}']);
  expect(await ask(relay, '/readyz')).toEqual([200, '{"status":"ready"}']);
  expect((await ask(relay, '/other'))[0]).toBe(404);
  await using client = await TestClient.hello(relay.url);
  await client.open();
  relay.disk.failure = new Error('disk full');
  client.send({ type: 'PUT', channel: 1, records: [new TestAuthor(client.device).record(A, 'text')] });
  await client.next('REFUSED');
  expect(await ask(relay, '/healthz')).toEqual([503, '{"status":"failing"}']);
  expect(await ask(relay, '/readyz')).toEqual([503, '{"status":"not ready"}']);
});

test('while a relay answers what it took before it stops, it is healthy and not ready', async () => {
  const relay = await opened();
  const client = await TestClient.hello(relay.url);
  onTestFinished(() => client[Symbol.asyncDispose]());
  await client.open();
  const reached = relay.disk.hold();
  client.send({ type: 'PUT', channel: 1, records: [new TestAuthor(client.device).record(A, 'text')] });
  await reached;
  const url = `${relay.running.metricsUrl}/readyz`;
  const closing = relay.running.close();
  expect((await fetch(url)).status).toBe(503);
  expect((await fetch(url.replace('readyz', 'healthz'))).status).toBe(200);
  relay.disk.release();
  await client.next('ACK');
  await closing;
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('what is refused at the door counts as well', async () => {
  const relay = await opened({ limits: { connectionsPerAddress: 1 } });
  await using client = await TestClient.hello(relay.url);
  await expect(TestClient.connect(relay.url)).rejects.toThrow('503');
  expect((await numbersOf(relay)).get('evermesh_relay_refused_total{code="RELAY_BUSY"}')).toBe(1);
  await client.roundTrip();
});

test('a compaction counts once it has a result', async () => {
  const meter = new PrometheusMeter();
  const results = [Promise.resolve({} as CompactionResult), Promise.reject(new Error('failed'))];
  const runner = measuredCompaction(
    { run: () => results.shift() as Promise<CompactionResult>, close: () => Promise.resolve() },
    meter,
  );
  const run = (): Promise<CompactionResult> => runner.run({} as CompactionJob, new AbortController().signal);
  await run();
  await expect(run()).rejects.toThrow('failed');
  expect((await meter.page()).text).toContain('\nevermesh_relay_compactions_total 1\n');
});

test('metrics are for this computer, and for no page', async () => {
  const options = {
    store: memoryStore(),
    blobs: memoryBlobs(),
    listen: METRICS,
    authorizer: sharedToken(SECRET),
    compaction: { runner: inlineCompaction(counting, AT_ONCE) },
    metrics: { host: '0.0.0.0', port: 0 },
  };
  await expect(openRelay(options)).rejects.toMatchObject({ code: 'RELAY_UNSAFE' });
  const relay = await opened();
  const headers = { origin: 'https://page.example' };
  expect((await fetch(`${relay.running.metricsUrl}/metrics`, { headers })).status).toBe(403);
  const silent = await opened({ metrics: undefined });
  expect(silent.running.metricsUrl).toBeUndefined();
  const taken = { host: '127.0.0.1', port: Number(new URL(relay.http).port) };
  await expect(TestRelay.open({ metrics: taken })).rejects.toMatchObject({ code: 'RELAY_PORT_IN_USE' });
});

test('a channel that was left is not counted any more, the others are', async () => {
  const relay = await opened();
  await using client = await TestClient.hello(relay.url);
  await client.open();
  client.send({
    type: 'OPEN',
    channel: 2,
    folder: 'e'.repeat(32) as FolderId,
    create: true,
    cursor: undefined,
  });
  await client.next('OPENED');
  await client.next('CHANGED');
  expect((await numbersOf(relay)).get('evermesh_relay_folders_open')).toBe(2);
  client.send({ type: 'LEAVE', channel: 2 });
  await client.roundTrip();
  expect((await numbersOf(relay)).get('evermesh_relay_channels')).toBe(1);
});

test('what waits for a reader that reads nothing is bounded, however much is written, and it catches up', async () => {
  const relay = await opened();
  await using writer = await TestClient.hello(relay.url);
  await using reader = await TestClient.hello(relay.url);
  await Promise.all([writer.open(), reader.open()]);
  const [author, records, megabyte] = [new TestAuthor(writer.device), 32, 1024 * 1024];
  reader.pause();
  const held: number[] = [];
  for (let i = 0; i < records; i++) {
    writer.send({ type: 'PUT', channel: 1, records: [author.record(A, new Uint8Array(megabyte).fill(i))] });
    await writer.next('ACK');
    held.push((await numbersOf(relay)).get('evermesh_relay_waiting_bytes') ?? Number.NaN);
  }
  // One frame is sent to who may have a megabyte waiting.
  expect(Math.max(...held)).toBeLessThan(2.1 * megabyte);
  // Not vacuous: it does wait.
  expect(Math.max(...held)).toBeGreaterThan(0);
  reader.resume();
  let seen = 0;
  let message = await reader.any();
  for (; message.type === 'LIVE'; message = await reader.any()) seen += message.records.length;
  expect(message).toMatchObject({ type: 'CHANGED', documents: [{ document: A, seq: records }] });
  const heads = new Map([[author.id, seen]]);
  reader.send({ type: 'PULL', channel: 1, documents: [{ document: A, heads }] });
  for (let done = false; !done;) {
    message = await reader.any();
    if (message.type !== 'RECORDS') continue;
    seen += message.records.length;
    done = message.done.length > 0;
  }
  expect(seen).toBe(records);
});

test('the door for whoever watches stays open when a connection to it cannot be taken', async () => {
  const relay = await opened();
  let server: Server | undefined;
  const seen = (message: unknown): void => {
    ({ server } = message as { readonly server: Server });
  };
  subscribe('http.server.request.start', seen);
  await ask(relay, '/healthz');
  unsubscribe('http.server.request.start', seen);
  // As Node says it when the process has no descriptor left.
  server?.emit('error', new Error('accept EMFILE'));
  expect(server).toBeDefined();
  expect((await ask(relay, '/healthz'))[0]).toBe(200);
});
