/**
 * Reaches a relay over one WebSocket, and its blobs over HTTP beside it. The token travels in HELLO and in a header,
 * never in an address: addresses end up in logs and histories.
 */
import { EvermeshError } from '@evermesh/core/errors';
import type { Connection, ConnectionEvents, Transport } from '@evermesh/core/sync';
import { openSocket } from '#platform';
import { httpBlobs } from './http-blobs.ts';
import type { OpenSocket, SocketLike } from './socket-like.ts';

export type { SocketLike } from './socket-like.ts';

export interface WebSocketTransportOptions {
  /** What the relay asks for. Default: none. */
  readonly token?: string | undefined;
  /** Opens a socket in place of the platform's own, for instance one that goes through a proxy. */
  readonly webSocket?: OpenSocket | undefined;
}

const OPEN = 1;
/** The status of a WebSocket that was closed because a frame was too long. */
const TOO_LONG = 1009;
/** What the TLS library under `ws` says when the first bytes of the answer are no TLS. */
const NO_TLS = /wrong version number|packet length too long/;
/** What `ws` says when it was the peer's. */
const TOO_LONG_HERE = 'Max payload size exceeded';

/**
 * A transport to the relay at `url` (`ws:` or `wss:`, with a path if the relay stands behind one).
 * @throws TypeError if `url` is no such address, or holds a user name, password or query: a token has its own place
 */
export function webSocketTransport(url: string, options: WebSocketTransportOptions = {}): Transport {
  const address = checkedAddress(url);
  const token = options.token ?? '';
  const open = options.webSocket ?? openSocket;
  return {
    address: address.href,
    token,
    connect: (events) => connect(open, address.href, events),
    blobs: httpBlobs(address, token),
  };
}

function checkedAddress(url: string): URL {
  const address = new URL(url);
  if (address.protocol !== 'ws:' && address.protocol !== 'wss:') {
    throw new TypeError('The address of a relay begins with ws:// or wss://.');
  }
  if (address.username !== '' || address.password !== '' || address.search !== '' || address.hash !== '') {
    throw new TypeError(
      'The address of a relay holds no user, password, query or fragment. Give the token as `token`.',
    );
  }
  if (!address.pathname.endsWith('/')) address.pathname += '/';
  return address;
}

function connect(open: OpenSocket, url: string, events: ConnectionEvents): Connection {
  const socket = open(url);
  socket.binaryType = 'arraybuffer';
  let why: EvermeshError | undefined = new EvermeshError('LINK_CLOSED', 'The relay closed the connection.');
  let opened = false;
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    events.closed(why);
  };
  socket.addEventListener('open', () => {
    opened = true;
    if (!over) events.opened();
  });
  socket.addEventListener('message', ({ data }) => {
    if (over) return;
    if (data instanceof ArrayBuffer) return events.frame(new Uint8Array(data));
    why = new EvermeshError('MESSAGE_MALFORMED', 'The peer sent text where frames are binary.');
    socket.close(1003);
    // Who does not speak the protocol may not close as it should either.
    end();
  });
  socket.addEventListener('error', ({ message }) => {
    why = unreachable(opened, message);
    // `ws` waits for a peer that broke the rules to close by them. A browser does not, and says more when it closes.
    if (opened && message !== undefined) end();
  });
  socket.addEventListener('close', ({ code }) => {
    if (code === TOO_LONG && why?.code === 'LINK_CLOSED') {
      why = new EvermeshError('MESSAGE_TOO_LARGE', 'A frame was longer than the relay takes.');
    }
    if (!opened && why?.code === 'LINK_CLOSED') why = unreachable(false, undefined);
    end();
  });
  return connectionOf(socket, () => {
    why = undefined;
    socket.close(1000);
    // A peer that is gone never answers the closing handshake.
    end();
  });
}

function connectionOf(socket: SocketLike, close: () => void): Connection {
  return {
    send: (frame) => {
      if (socket.readyState === OPEN) socket.send(frame);
    },
    get buffered() {
      return socket.bufferedAmount;
    },
    close,
  };
}

/** What `ws` says of an answer that is no upgrade is the only place where its status is told. */
function unreachable(opened: boolean, message: string | undefined): EvermeshError {
  const status = /Unexpected server response: (\d+)/.exec(message ?? '')?.[1];
  if (status === '403') {
    return new EvermeshError(
      'ORIGIN_REFUSED',
      'The relay refuses connections from here, or under this name.',
    );
  }
  if (status === '503') {
    return new EvermeshError(
      'RELAY_BUSY',
      'The relay, or what stands before it, takes no more connections now.',
    );
  }
  if (!opened && message !== undefined && NO_TLS.test(message)) {
    const what = 'The address says wss://, and what answers there does not encrypt (no TLS).';
    return new EvermeshError('RELAY_NOT_TLS', what, { details: { message } });
  }
  if (opened && message === TOO_LONG_HERE) {
    return new EvermeshError('MESSAGE_TOO_LARGE', 'The relay sent a longer frame than the protocol has.');
  }
  if (opened)
    return new EvermeshError('LINK_CLOSED', `The connection broke: ${message ?? 'no reason was given'}`);
  return new EvermeshError(
    'LINK_UNREACHABLE',
    `The relay cannot be reached${message === undefined ? '.' : `: ${message}`}`,
  );
}
