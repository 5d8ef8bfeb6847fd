/**
 * The other end is not what it should be: a device that was pointed at something that is no relay, and a relay that
 * strangers talk to. (A peer that takes the connection and stays silent is in `core/src/sync/link.test.ts`, on a virtual
 * clock.)
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { encodeMessage, PROTOCOL_VERSION } from '@evermesh/core/protocol';
import { expectError } from './support/expect-error.ts';
import { readTree } from './support/tree.ts';
import { type TestDevice, World } from './support/world.ts';

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const FRAME_BYTES = 16 * 1024 * 1024;

/** A WebSocket frame, or its beginning if `length` says more than there is. */
function frame(kind: number, payload: Uint8Array, length = payload.byteLength): Uint8Array {
  const head = Buffer.alloc(10);
  head[0] = 0x80 | kind;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return length < 126
    ? Buffer.concat([Uint8Array.of(0x80 | kind, length), payload])
    : Buffer.concat([head, payload]);
}

const welcome = (version: number): Uint8Array =>
  frame(
    BINARY,
    encodeMessage({
      type: 'WELCOME',
      version,
      ...{ frameBytes: FRAME_BYTES, recordBytes: FRAME_BYTES, credit: 1 },
    }),
  );

async function listen(server: Server): Promise<string> {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Something that takes WebSockets, says this, and nothing more. */
async function speaking(...said: readonly Uint8Array[]): Promise<string> {
  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    for (const each of said) socket.write(each);
    socket.resume();
    if (said.at(-1)?.[0] === (0x80 | CLOSE)) socket.end();
  });
  return listen(server);
}

const answering = (status: number): Promise<string> =>
  listen(
    createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>It works!</h1>');
    }),
  );

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const STRANGERS: readonly (readonly [what: string, code: string, open: () => Promise<string>])[] = [
  ['a web server', 'LINK_UNREACHABLE', () => answering(200)],
  ['a web server without such a page', 'LINK_UNREACHABLE', () => answering(404)],
  ['a server that speaks text', 'MESSAGE_MALFORMED', () => speaking(frame(TEXT, bytes('{"hello":"world"}')))],
  ['a server that sends garbage', 'MESSAGE_MALFORMED', () => speaking(frame(BINARY, bytes('garbage!')))],
  ['a server that breaks WebSocket', 'LINK_CLOSED', () => speaking(bytes('garbage!'))],
  [
    'a server that announces a frame longer than there is',
    'MESSAGE_TOO_LARGE',
    () => speaking(frame(BINARY, bytes('x'), FRAME_BYTES + 1)),
  ],
  ['a server that closes at once', 'LINK_CLOSED', () => speaking(frame(CLOSE, new Uint8Array(0)))],
  [
    'a relay that greets twice',
    'MESSAGE_UNEXPECTED',
    () => speaking(welcome(PROTOCOL_VERSION), welcome(PROTOCOL_VERSION)),
  ],
];

test('what is no relay is named, with what to check; work goes on and waits for the right one', async () => {
  const world = await World.open();
  const devices = await Promise.all(
    STRANGERS.map(async ([what, code, open], index): Promise<[string, string, string, TestDevice]> => {
      const device = world.device(`device${index}`);
      await device.write('a.txt', 'a\n');
      return [what, code, await open(), device];
    }),
  );
  await Promise.all(
    devices.map(async ([what, code, url, device]) => {
      const ended = await device.sync(['--relay', url, '--wait', '3']);
      expect(ended.report['link'], what).toMatchObject({ state: 'away', why: { code } });
      expect(ended.report['link'].why.next, what).toMatch(/\w/);
      expect(ended.report, what).toMatchObject({ inStep: false, files: 1 });
      expect(ended.code, what).toBe(1);
    }),
  );
  // Nothing of that is in the way of the right address.
  const relay = await world.relay();
  const [, , , first] = devices[0]!;
  expect((await first.sync(['--relay', relay.url])).report).toMatchObject({ inStep: true, files: 1 });
});

test('a relay of a later version is an error that says what to update, and nothing is lost', async () => {
  const world = await World.open();
  const url = await speaking(welcome(99));
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const told = expectError(await laptop.run('sync', ['--relay', url]), 'PROTOCOL_UNSUPPORTED');
  expect(told['message']).toContain('version 99');
  expect(told['next']).toContain('Update');
  const relay = await world.relay();
  expect((await laptop.sync(['--relay', relay.url])).report).toMatchObject({ inStep: true, files: 1 });
});

/** Sends bytes to a port and nothing behind them, and waits until the other side has ended the connection. */
async function throwAt(port: number, said: Uint8Array): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  socket.end(said);
  // Not `once` of events, which rejects when the relay breaks off, as it may.
  await new Promise((resolve) => socket.once('close', resolve));
}

const upgrade = (port: number): string =>
  `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;

/** As clients have to send them. A mask of zeros changes nothing. */
const masked = (kind: number, payload: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.of(0x80 | kind, 0x80 | payload.byteLength, 0, 0, 0, 0), payload]);

test('a relay that strangers throw bytes at serves its devices on, and stops cleanly', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const port = Number(new URL(relay.url).port);
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  await laptop.write('a.txt', 'a\n');
  const folder = await laptop.up(['--relay', relay.url]);
  // Connected, and never a word.
  const silent = connect(port, '127.0.0.1');
  onTestFinished(() => void silent.destroy());
  await once(silent, 'connect');
  const hello = upgrade(port);
  const thrown = [
    bytes('\u0000\u0001garbage'),
    bytes('GET / HTTP/9.9\r\n\r\n'),
    bytes(`GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
    Buffer.concat([bytes(hello), masked(TEXT, bytes('hello'))]),
    Buffer.concat([bytes(hello), masked(BINARY, bytes('garbage'))]),
    // A mask is missing, and the frame is longer than any that is taken.
    Buffer.concat([bytes(hello), frame(BINARY, bytes('x'), FRAME_BYTES * 2)]),
  ];
  await Promise.all(thrown.map((said) => throwAt(port, said)));

  await laptop.write('b.txt', 'b\n');
  await laptop.running.next('synced');
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  expect(await readTree(desktop.directory)).toEqual(await readTree(laptop.directory));
  // One connection all the while.
  expect(laptop.running.events.filter(({ event }) => event === 'link')).toHaveLength(1);
  expect((await relay.stop())?.code).toBe(0);
});
