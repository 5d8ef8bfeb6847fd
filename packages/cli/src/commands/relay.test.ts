/** The command's flags, seen from outside by what the relay answers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { main } from '../main.ts';

/** Runs a relay until the test ends. @returns where it listens */
async function started(...flags: string[]): Promise<URL> {
  const data = await mkdtemp(join(tmpdir(), 'evermesh-relay-'));
  vi.stubEnv('XDG_DATA_HOME', data);
  const ending = new AbortController();
  const stop = { signal: ending.signal, stop: () => undefined, [Symbol.dispose]: () => undefined };
  const args = ['relay', '--json', '--allow-everyone', '--listen', '127.0.0.1:0', ...flags];
  let ended: Promise<number> | undefined;
  const listening = new Promise<string>((write) => {
    ended = main(args, { version: '1.2.3', stop, stdout: { write }, stderr: { write: () => undefined } });
  });
  onTestFinished(async () => {
    ending.abort();
    await ended;
    vi.unstubAllEnvs();
    await rm(data, { recursive: true });
  });
  return new URL((JSON.parse(await listening) as { url: string }).url);
}

/** The status with which the relay answers a request that comes so. */
const answer = ({ hostname, port }: URL, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request({ hostname, port, path: '/healthz', headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

test('a relay answers under the names and to the pages it was told, and to no others', async () => {
  const relay = await started(
    ...['--allowed-host', 'relay.example', '--allowed-host', 'NAS'],
    ...['--allowed-origin', 'https://notes.example'],
  );
  for (const host of ['relay.example', 'relay.example:443', 'nas', `127.0.0.1:${relay.port}`])
    expect(await answer(relay, { host })).toBe(200);
  expect(await answer(relay, { host: 'other.example' })).toBe(403);
  expect(await answer(relay, { origin: 'https://notes.example' })).toBe(200);
  expect(await answer(relay, { origin: 'https://other.example' })).toBe(403);
});

test('a relay that was told none is for loopback and no page', async () => {
  const relay = await started();
  expect(await answer(relay, {})).toBe(200);
  expect(await answer(relay, { host: 'relay.example' })).toBe(403);
  expect(await answer(relay, { origin: 'https://notes.example' })).toBe(403);
});
