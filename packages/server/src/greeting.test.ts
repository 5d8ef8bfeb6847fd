import { get } from 'node:http';
import { connect } from 'node:net';
import type { FolderId } from '@evermesh/core/base';
import {
  CREDIT_VERSION,
  encodeMessage,
  type FromDevice,
  type FromRelay,
  LIMITS,
  PROTOCOL_VERSION,
} from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sharedToken } from './authorizer.ts';
import { A, FOLDER, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

let relay: TestRelay;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  relay = await TestRelay.open({ clock });
});

afterEach(async () => {
  await relay[Symbol.asyncDispose]();
});

const hello = (client: TestClient, version = PROTOCOL_VERSION): FromDevice => ({
  type: 'HELLO',
  version,
  device: client.device,
  label: 'test',
  token: '',
  credit: version >= CREDIT_VERSION ? 1 : undefined,
});
const open = (channel = 1, create = true, folder = FOLDER): FromDevice => ({
  type: 'OPEN',
  channel,
  folder,
  create,
  cursor: undefined,
});

describe('a socket', () => {
  test('that says HELLO is welcomed with the limits', async () => {
    await using client = await TestClient.connect(relay.url);
    client.send(hello(client));
    expect(await client.next('WELCOME')).toEqual({
      type: 'WELCOME',
      version: PROTOCOL_VERSION,
      frameBytes: LIMITS.frameBytes,
      recordBytes: LIMITS.recordBytes,
      credit: 65_536,
    });
  });

  test('that says nothing is ended after ten seconds', async () => {
    await using client = await TestClient.connect(relay.url);
    clock.advance(9999);
    expect(client.unread).toEqual([]);
    clock.advance(1);
    expect(await client.next('FAILED')).toMatchObject({ code: 'MESSAGE_UNEXPECTED' });
    await client.closed;
  });

  test('that speaks another version is told so', async () => {
    await using client = await TestClient.connect(relay.url);
    // A later version may have more to say.
    client.raw(Uint8Array.of(...encodeMessage(hello(client, 99)), 7));
    expect(await client.next('FAILED')).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED' });
    await client.closed;
  });

  test('on which bytes come that are no message is ended, and no other', async () => {
    await using other = await TestClient.hello(relay.url);
    await other.open();
    await using client = await TestClient.hello(relay.url);
    client.raw(Uint8Array.of(255, 1, 2, 3));
    client.send(open());
    expect(await client.next('FAILED')).toMatchObject({ code: 'MESSAGE_MALFORMED' });
    expect(await client.closed).toBe(1008);
    expect(client.unread).toEqual([]);
    other.send({ type: 'PUT', channel: 1, records: [new TestAuthor(other.device).record(A, 'one')] });
    await other.next('ACK');
  });

  test('on which text comes is ended', async () => {
    await using client = await TestClient.hello(relay.url);
    client.raw('text');
    expect(await client.next('FAILED')).toMatchObject({ code: 'MESSAGE_MALFORMED' });
  });

  test('on which a frame longer than the limit comes is closed with the status for that', async () => {
    await using client = await TestClient.hello(relay.url);
    await client.open();
    client.raw(new Uint8Array(LIMITS.frameBytes + 1));
    expect(await client.closed).toBe(1009);
  });

  test('that was granted no folder may not send much', async () => {
    await using client = await TestClient.hello(relay.url);
    client.part(new Uint8Array(1024 * 1024));
    await client.closed;
    await using granted = await TestClient.hello(relay.url);
    await granted.open();
    const records = [new TestAuthor(granted.device).record(A, new Uint8Array(1024 * 1024))];
    granted.send({ type: 'PUT', channel: 1, records });
    await granted.next('ACK');
  });

  test.each<[string, (client: TestClient) => FromDevice[]]>([
    ['anything before HELLO', () => [open()]],
    ['HELLO twice', (client) => [hello(client), hello(client)]],
    ['a channel opened twice', (client) => [hello(client), open(), open()]],
    ['two channels for one folder', (client) => [hello(client), open(), open(2)]],
    [
      'a channel that was never opened',
      (client) => [hello(client), { type: 'PULL', channel: 7, documents: [] }],
    ],
    [
      'a channel before OPENED',
      (client) => [hello(client), open(), { type: 'PULL', channel: 1, documents: [] }],
    ],
    ['a channel that was left', (client) => [hello(client), open(), ...leave(1), ...leave(1)]],
  ])('that uses %s is ended', async (_, messages) => {
    await using client = await TestClient.connect(relay.url);
    client.send(...messages(client));
    expect(await client.closed).toBe(1008);
    expect(client.unread.at(-1)).toMatchObject({ type: 'FAILED', code: 'MESSAGE_UNEXPECTED' });
  });

  test('with more channels than a socket may have is ended', async () => {
    await using client = await TestClient.hello(relay.url);
    const folder = (i: number): FolderId => i.toString(16).padStart(32, '0') as FolderId;
    client.send(...Array.from({ length: 1025 }, (_, channel) => open(channel, true, folder(channel))));
    await client.closed;
    const failed = client.unread.at(-1) as Extract<FromRelay, { type: 'FAILED' }>;
    expect(failed.reason).toContain('at most 1024 channels');
  });

  test('that is silent is asked, stays if it answers, and is dropped if it does not', async () => {
    await using client = await TestClient.hello(relay.url);
    clock.advance(40_000);
    await client.next('PING');
    client.send({ type: 'PONG' });
    await client.roundTrip();
    clock.advance(40_000);
    await client.next('PING');
    clock.advance(40_000);
    expect(await client.closed).toBe(1006);
  });

  test('that breaks off in the middle of everything harms nobody', async () => {
    await using other = await TestClient.hello(relay.url);
    await other.open();
    const client = await TestClient.hello(relay.url);
    const author = new TestAuthor(client.device);
    client.send(open(), open(2, true, 'e'.repeat(32) as FolderId));
    await client.next('OPENED');
    for (let i = 0; i < 20; i++)
      client.send({ type: 'PUT', channel: 1, records: [author.record(A, `${i}`)] });
    await client[Symbol.asyncDispose]();
    await other.roundTrip().catch(() => undefined);
    other.send({ type: 'LEAVE', channel: 1 });
    await using after = await TestClient.hello(relay.url);
    await after.open();
  });
});

const leave = (channel: number): FromDevice[] => [{ type: 'LEAVE', channel }];

describe('OPEN', () => {
  test('of a folder nobody has put is refused unless the device has records of it', async () => {
    await using client = await TestClient.hello(relay.url);
    client.send(open(1, false));
    const refused = await client.next('REFUSED');
    expect(refused).toMatchObject({ channel: 1, code: 'FOLDER_NOT_FOUND' });
    expect(refused.retryAfter).toBeGreaterThan(0);
    // What was under way when it was refused is passed over.
    client.send({ type: 'PULL', channel: 1, documents: [] });
    client.send({ type: 'LEAVE', channel: 1 }, open(2, true));
    expect(await client.next('OPENED')).toMatchObject({ channel: 2, grant: 'write', resumed: false });
  });

  test('with a wrong token is denied, without one the token is asked for', async () => {
    await using guarded = await TestRelay.open({ authorizer: sharedToken('right') });
    for (const [token, code, retryAfter] of [
      ['wrong', 'AUTH_DENIED', 60_000],
      ['', 'AUTH_REQUIRED', 0],
    ] as const) {
      await using client = await TestClient.hello(guarded.url, { token });
      client.send(open());
      expect(await client.next('REFUSED')).toMatchObject({ code, retryAfter });
    }
    await using client = await TestClient.hello(guarded.url, { token: 'right' });
    expect((await client.open()).grant).toBe('write');
  });

  test('tells a device nothing of what goes wrong inside the relay', async () => {
    const authorize = (): Promise<never> => Promise.reject(new Error('password=secret'));
    await using broken = await TestRelay.open({ authorizer: { authorize } });
    await using client = await TestClient.hello(broken.url);
    client.send(open());
    const { code, reason } = await client.next('REFUSED');
    expect(code).toBe('INTERNAL');
    expect(reason).not.toContain('secret');
  });

  test('is asked of the authorizer for each folder', async () => {
    const asked: [string, FolderId][] = [];
    const authorize = (token: string, folder: FolderId): Promise<'read' | 'none'> => {
      asked.push([token, folder]);
      return Promise.resolve(folder === FOLDER ? 'read' : 'none');
    };
    await using choosy = await TestRelay.open({ authorizer: { authorize } });
    await using client = await TestClient.hello(choosy.url, { token: 't' });
    const other = 'e'.repeat(32) as FolderId;
    client.send(open(), { type: 'OPEN', channel: 2, folder: other, create: true, cursor: undefined });
    expect(await client.next('REFUSED')).toMatchObject({ channel: 2, code: 'AUTH_DENIED' });
    expect(await client.next('OPENED')).toMatchObject({ channel: 1, grant: 'read' });
    expect(asked).toEqual([
      ['t', FOLDER],
      ['t', other],
    ]);
  });
});

/** `fetch` does not let anybody name another host. */
const statusOf = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const request = get(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
  });

describe('a request', () => {
  const upgrade = (headers: Record<string, string>): Promise<unknown> =>
    TestClient.connect(relay.url, { headers }).then(
      (client) => client[Symbol.asyncDispose](),
      (error: unknown) => (error as Error).message,
    );

  test('from a web page is refused unless the page is allowed', async () => {
    const origin = 'https://notes.example';
    expect(await upgrade({ origin })).toContain('403');
    expect((await fetch(`${relay.http}/healthz`, { headers: { origin } })).status).toBe(403);
    await using welcoming = await TestRelay.open({ allowedOrigins: [origin] });
    await using client = await TestClient.connect(welcoming.url, { headers: { origin } });
    client.send(hello(client));
    await client.next('WELCOME');
    const health = await fetch(`${welcoming.http}/healthz`, { headers: { origin } });
    expect(health.headers.get('access-control-allow-origin')).toBe(origin);
  });

  test('for a name that is not the relay is refused', async () => {
    expect(await upgrade({ host: 'rebound.example' })).toContain('403');
    expect(await upgrade({ host: `localhost:${new URL(relay.url).port}` })).toBeUndefined();
    const elsewhere = { listen: { host: '0.0.0.0', port: 0 }, authorizer: sharedToken('secret') };
    for (const allowedHosts of [undefined, ['relay.example'], ['another.example']]) {
      await using beyond = await TestRelay.open({ ...elsewhere, allowedHosts });
      const url = `${beyond.http.replace('0.0.0.0', '127.0.0.1')}/healthz`;
      expect(await statusOf(url, 'relay.example')).toBe(allowedHosts?.[0] === 'another.example' ? 403 : 200);
    }
    await using named = await TestRelay.open({ allowedHosts: ['Relay.Example'] });
    await using client = await TestClient.connect(named.url, { headers: { host: 'relay.example:443' } });
    client.send(hello(client));
    await client.next('WELCOME');
  });

  test('for a socket elsewhere than at the top is not found', async () => {
    await expect(TestClient.connect(`${relay.url}/elsewhere`)).rejects.toThrow('404');
  });

  test('that is no HTTP at all harms nobody', async () => {
    const { port } = new URL(relay.url);
    const socket = connect(Number(port), '127.0.0.1');
    await new Promise((resolve) => {
      socket.on('close', resolve);
      socket.on('error', resolve);
      socket.write(encodeMessage({ type: 'PING' }));
      socket.end('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.resume();
    });
    await using client = await TestClient.hello(relay.url);
    await client.roundTrip();
  });

  test('for its health is answered', async () => {
    const response = await fetch(`${relay.http}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
    expect((await fetch(`${relay.http}/other`)).status).toBe(404);
  });
});
