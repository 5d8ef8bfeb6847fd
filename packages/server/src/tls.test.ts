/** A relay that encrypts itself. */
import { get } from 'node:https';
import { connect, type PeerCertificate } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import type { RelayOptions } from './open-relay.ts';
import { AUTHORITY, ONE, TWO } from './testing/certificates.ts';
import { A, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

async function opened(options: Partial<RelayOptions> = {}): Promise<TestRelay> {
  const relay = await TestRelay.open({ tls: ONE, ...options });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  return relay;
}

const ca = AUTHORITY;

/** Whose certificate a new connection is shown. */
const shownBy = (relay: TestRelay): Promise<PeerCertificate> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(relay.http);
    const socket = connect({ host: hostname, port: Number(port), ca }, () => {
      resolve(socket.getPeerCertificate());
      socket.end();
    });
    socket.on('error', reject);
  });

const statusOf = (url: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });

test('sockets and requests are encrypted, and who does not know the authority does not talk to it', async () => {
  const relay = await opened();
  expect(relay.url).toMatch(/^wss:/);
  await using client = await TestClient.hello(relay.url, {}, { ca });
  await client.open();
  client.send({ type: 'PUT', channel: 1, records: [new TestAuthor(client.device).record(A, 'text')] });
  await client.next('ACK');
  expect(await statusOf(`${relay.http}/healthz`)).toBe(200);
  await expect(TestClient.connect(relay.url)).rejects.toThrow(/certificate/);
  await expect(fetch(relay.http.replace('https:', 'http:'))).rejects.toThrow('fetch failed');
  await client.roundTrip();
});

test('another certificate is shown to who comes next, and who is there stays', async () => {
  const relay = await opened();
  await using client = await TestClient.hello(relay.url, {}, { ca });
  expect((await shownBy(relay)).subject.CN).toBe('relay one');
  relay.running.renewCertificate(TWO);
  expect((await shownBy(relay)).subject.CN).toBe('relay two');
  await client.roundTrip();
});

test('a certificate that is none, or has another key, is refused, and the one before stays', async () => {
  const relay = await opened();
  const isRefused = expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error;
  for (const wrong of [
    { ...TWO, key: ONE.key },
    { cert: '', key: '' },
    { ...TWO, cert: 'none' },
  ])
    expect(() => relay.running.renewCertificate(wrong)).toThrow(isRefused);
  expect((await shownBy(relay)).subject.CN).toBe('relay one');
  await expect(TestRelay.open({ tls: { ...ONE, key: TWO.key } })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
});

test('what bounds others bounds who comes encrypted', async () => {
  const relay = await opened({ limits: { connectionsPerAddress: 1 } });
  await using client = await TestClient.hello(relay.url, {}, { ca });
  await expect(TestClient.connect(relay.url, { ca })).rejects.toThrow('503');
  client.part(new Uint8Array(1024 * 1024));
  await client.closed;
});
