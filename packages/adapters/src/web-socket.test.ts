import type { EvermeshError } from '@evermesh/core/errors';
import { describe, expect, test } from 'vitest';
import { type SocketLike, webSocketTransport } from './web-socket.ts';

type Listener = (event: Record<string, unknown>) => void;

/** A socket on which a test lets things happen. */
class FakeSocket implements SocketLike {
  binaryType = '';
  readonly bufferedAmount = 7;
  readyState = 0;
  readonly sent: Uint8Array[] = [];
  readonly closedWith: (number | undefined)[] = [];
  readonly #listeners = new Map<string, Listener>();

  send(data: Uint8Array): void {
    this.sent.push(data);
  }

  close(code?: number): void {
    this.closedWith.push(code);
  }

  addEventListener(type: string, listener: unknown): void {
    this.#listeners.set(type, listener as Listener);
  }

  happen(type: 'open' | 'message' | 'error' | 'close', event: Record<string, unknown> = {}): void {
    if (type === 'open') this.readyState = 1;
    this.#listeners.get(type)?.(event);
  }
}

function connected() {
  const socket = new FakeSocket();
  const told: (string | Uint8Array)[] = [];
  const closed: (EvermeshError | undefined)[] = [];
  const transport = webSocketTransport('ws://127.0.0.1:1', { webSocket: () => socket });
  const connection = transport.connect({
    opened: () => told.push('opened'),
    frame: (bytes) => told.push(bytes),
    closed: (why) => closed.push(why),
  });
  return { socket, told, closed, connection };
}

describe('a transport over WebSocket', () => {
  test('leads to an address that ends in a slash, and takes no secret in it', () => {
    expect(webSocketTransport('wss://relay.example/mesh').address).toBe('wss://relay.example/mesh/');
    for (const url of [
      'http://a.example',
      'ws://u:p@a.example',
      'ws://a.example/?token=x',
      'ws://a.example/#x',
    ]) {
      expect(() => webSocketTransport(url), url).toThrow(TypeError);
    }
  });

  test('hands on frames, and sends only while it is open', () => {
    const { socket, told, connection } = connected();
    connection.send(Uint8Array.of(1));
    socket.happen('open');
    connection.send(Uint8Array.of(2));
    socket.happen('message', { data: Uint8Array.of(3).buffer });
    expect(told).toEqual(['opened', Uint8Array.of(3)]);
    expect(socket.sent).toEqual([Uint8Array.of(2)]);
    expect([socket.binaryType, connection.buffered]).toEqual(['arraybuffer', 7]);
  });

  test('closes at once when it is told to, and says nothing afterwards', () => {
    const { socket, told, closed, connection } = connected();
    socket.happen('open');
    connection.close();
    socket.happen('message', { data: new ArrayBuffer(1) });
    socket.happen('close', { code: 1000 });
    expect(closed).toEqual([undefined]);
    expect(told).toEqual(['opened']);
  });

  test.each<[string, string, (socket: FakeSocket) => void]>([
    [
      'a relay that does not answer',
      'LINK_UNREACHABLE',
      (socket) => socket.happen('error', { message: 'ECONNREFUSED' }),
    ],
    ['a browser that says nothing', 'LINK_UNREACHABLE', (socket) => socket.happen('error')],
    [
      'a relay that refuses who asks',
      'ORIGIN_REFUSED',
      (socket) => socket.happen('error', { message: 'Unexpected server response: 403' }),
    ],
    ['a connection that ends', 'LINK_CLOSED', (socket) => socket.happen('open')],
    [
      'a connection that breaks',
      'LINK_CLOSED',
      (socket) => {
        socket.happen('open');
        socket.happen('error', { message: 'ECONNRESET' });
      },
    ],
    [
      'text where frames are binary',
      'MESSAGE_MALFORMED',
      (socket) => {
        socket.happen('open');
        socket.happen('message', { data: 'text' });
      },
    ],
  ])('tells %s by its code', (_, code, happening) => {
    const { socket, closed } = connected();
    happening(socket);
    socket.happen('close', { code: 1006 });
    expect(closed).toMatchObject([{ code }]);
  });

  test('tells a frame that was too long', () => {
    const { socket, closed } = connected();
    socket.happen('open');
    socket.happen('close', { code: 1009 });
    expect(closed).toMatchObject([{ code: 'MESSAGE_TOO_LARGE' }]);
  });
});
