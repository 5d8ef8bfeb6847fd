import { silentLogger } from '@evermesh/core/base';
import { decodeMessage, encodeMessage, PROTOCOL_VERSION } from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { beforeEach, expect, test } from 'vitest';
import { DeviceSession } from './device-session.ts';
import { PutCredits } from './put-credits.ts';

const socket = {
  isWorking: false,
  isFull: false,
  sent: [] as string[],
  isTerminated: false,
  send: (frame: Uint8Array) => void socket.sent.push(decodeMessage(frame).type),
  terminate: () => void (socket.isTerminated = true),
};
const parts = { clock: new VirtualClock(), logger: silentLogger, credits: new PutCredits(1024) };
let session: DeviceSession;

beforeEach(() => {
  Object.assign(socket, { isFull: false, sent: [], isTerminated: false });
  session = new DeviceSession(parts as never, socket as never);
  const device = 'd'.repeat(32) as never;
  session.frame(
    encodeMessage({ type: 'HELLO', version: PROTOCOL_VERSION, device, label: '', token: '', credit: 1 }),
    true,
  );
  socket.sent = [];
});

/** Looks, until the socket is given up, at most so many times. */
function look(times: number, before: () => void = () => undefined): number {
  for (let i = 1; i <= times; i++) {
    before();
    session.look();
    if (socket.isTerminated) return i;
  }
  return 0;
}

test('a device that sends nothing is asked, and given up at the fourth look', () => {
  expect(look(10)).toBe(4);
  expect(socket.sent).toEqual(['PING', 'PING']);
});

test('a frame that arrives slowly is life, and its sender hears meanwhile that somebody is here', () => {
  let bytes = 100;
  expect(look(20, () => session.received((bytes += 1000)))).toBe(0);
  expect(socket.sent).toEqual(Array<string>(19).fill('PING'));
  expect(look(10)).toBe(2);
});

test('a device to which much waits to leave is given as long as a slow line takes', () => {
  socket.isFull = true;
  expect(look(10)).toBe(7);
});
