import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { VirtualClock } from '../virtual-clock.ts';
import {
  blackHole,
  delayed,
  FaultyWire,
  flippedAt,
  fragments,
  repeatedAt,
  resetAfter,
  truncatedAfter,
  type WireFaults,
} from './index.ts';

/** Says back what it hears, and its end when it hears one. */
async function echo(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function opened(faults: WireFaults): Promise<{ wire: FaultyWire; dial: () => Socket }> {
  const wire = await FaultyWire.open(await echo());
  onTestFinished(() => wire[Symbol.asyncDispose]());
  wire.faults = faults;
  return { wire, dial: () => connect({ port: wire.port, host: '127.0.0.1', allowHalfOpen: true }) };
}

/** All that comes back of what is said and then ended, and how that ended. */
async function heard(socket: Socket, said: string): Promise<string> {
  const pieces: Buffer[] = [];
  socket.end(said);
  try {
    for await (const piece of socket as AsyncIterable<Buffer>) pieces.push(piece);
  } catch (error) {
    pieces.push(Buffer.from(`!${(error as NodeJS.ErrnoException).code}`));
  }
  return Buffer.concat(pieces).toString();
}

test.each<[string, WireFaults, string]>([
  ['nothing', {}, 'abcdefgh'],
  ['fragments', { there: fragments(3), back: fragments(1) }, 'abcdefgh'],
  ['a bit that is flipped', { there: flippedAt(1) }, 'accdefgh'],
  ['a bit that is flipped on the way back', { back: flippedAt(0) }, '`bcdefgh'],
  ['a repeat', { there: repeatedAt(6) }, 'abcdefghgh'],
  ['a truncation', { there: truncatedAfter(3) }, 'abc'],
  ['a black hole on the way there', { there: blackHole }, ''],
  ['a black hole on the way back', { back: blackHole }, ''],
])('with %s what is said comes back so', async (_, faults, expected) => {
  const { wire, dial } = await opened(faults);
  expect(await heard(dial(), 'abcdefgh')).toBe(expected);
  expect([wire.connections, wire.bytes > 0]).toEqual([1, true]);
});

test('with a reset each connection breaks, and the next one behind as many bytes', async () => {
  const { wire, dial } = await opened({ there: resetAfter(3) });
  for (let i = 0; i < 3; i++) expect(await heard(dial(), 'abcdefgh')).toMatch(/!ECONNRESET$/);
  expect(await heard(dial(), 'abc')).toBe('abc');
  wire.faults = {};
  expect(await heard(dial(), 'abcdefgh')).toBe('abcdefgh');
});

test('with a delay what is said comes when its time has come, and not before', async () => {
  const clock = new VirtualClock();
  const { dial } = await opened({ there: delayed(1000, clock) });
  const answer = heard(dial(), 'abc');
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(1000);
  expect(await answer).toBe('abc');
});

test('connections that are cut end at both sides', async () => {
  const { wire, dial } = await opened({});
  const socket = dial();
  socket.write('a');
  await once(socket, 'data');
  const broken = once(socket, 'error');
  wire.cut();
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }]);
});
