/**
 * The relay's door: one HTTP server for sockets, blobs and the health answer. It lets in who may come in, and knows who
 * is there.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { EvermeshError } from '@evermesh/core/errors';
import { LIMITS } from '@evermesh/core/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerBatch, batchPlaceOf } from './blob-batches.ts';
import { answerBlob, blobPlaceOf } from './blob-requests.ts';
import { ConnectionLimits, type ConnectionLimitsOptions } from './connection-limits.ts';
import { DeviceSession } from './device-session.ts';
import { FrameSocket } from './frame-socket.ts';
import { answerError, answerJson, errorAnswer } from './http-answer.ts';
import { type ListenOptions, listening } from './listening.ts';
import { checkOrigin, type GuardOptions } from './origin-guard.ts';
import type { RelayState } from './prometheus-meter.ts';
import type { RelayParts } from './relay-parts.ts';

/** Milliseconds without a byte after which a request is given up. */
const REQUEST_SILENCE = 60_000;
/** Milliseconds for the handshake of TLS. */
const HANDSHAKE_WITHIN = 10_000;
/** Milliseconds between two looks at which peers are still there. */
const LOOK_EVERY = 20_000;
/** Milliseconds that peers have to say goodbye. */
const CLOSE_WITHIN = 2000;

/** Of `wss:` and `https:`, as PEM. */
export interface TlsCertificate {
  /** The certificate, and behind it those that lead to the authority. */
  readonly cert: string;
  readonly key: string;
}

export interface ServerOptions extends GuardOptions, ConnectionLimitsOptions {
  /** Absent: nothing is encrypted here. */
  readonly tls: TlsCertificate | undefined;
}

export class RelayServer {
  readonly #parts: RelayParts;
  readonly #guard: GuardOptions;
  readonly #limits: ConnectionLimits;
  readonly #server: Server | TlsServer;
  readonly #sockets: WebSocketServer;
  readonly #sessions = new Set<DeviceSession>();
  /** Sessions and requests that have not ended. */
  readonly #running = new Set<Promise<void>>();
  #stopLooking: () => void = () => {};
  #isDraining = false;

  /** @throws CONFIG_INVALID if the certificate and its key are not to be used */
  constructor(parts: RelayParts, options: ServerOptions) {
    this.#parts = parts;
    this.#guard = options;
    this.#limits = new ConnectionLimits(options, parts.clock);
    // The whole of a large blob may take long; what counts is that bytes keep coming.
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      this.#onRequest(request, response);
    this.#server = serverFor(options.tls, answer);
    this.#server.on('tlsClientError', (error: Error) =>
      this.#parts.logger.info('a TLS handshake failed', { error: error.message }),
    );
    this.#server.timeout = REQUEST_SILENCE;
    this.#server.on('connection', (socket) => this.#limits.connected(socket));
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    // Frames are mostly compressed already: compressing them again costs memory for each socket.
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: LIMITS.frameBytes,
      clientTracking: true,
    });
  }

  /** Returns the port. @throws RELAY_PORT_IN_USE, CONFIG_INVALID */
  async listen(options: ListenOptions): Promise<number> {
    const port = await listening(this.#server, options);
    this.#server.on('error', (error) =>
      this.#parts.logger.error('the server failed', { error: error.message }),
    );
    this.#look();
    return port;
  }

  /** Sockets that are open, and what is on them. */
  get load(): Omit<RelayState, 'folders'> {
    const load = { connections: this.#sessions.size, channels: 0, waitingBytes: 0 };
    for (const { channels, waitingBytes } of this.#sessions) {
      load.channels += channels;
      load.waitingBytes += waitingBytes;
    }
    return load;
  }

  /** Whether new connections are taken. */
  get isReady(): boolean {
    return this.#server.listening && !this.#isDraining;
  }

  /** New connections get another certificate; those that are there stay. @throws CONFIG_INVALID: the one before stays */
  renew(tls: TlsCertificate): void {
    const server = this.#server;
    if ('setSecureContext' in server) usable(tls, () => server.setSecureContext(tls));
  }

  /** Takes nothing new, answers what was taken, says goodbye. Resolves when nobody is there any more. */
  async close(): Promise<void> {
    this.#isDraining = true;
    this.#stopLooking();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    const impatience = this.#parts.clock.after(CLOSE_WITHIN, () => {
      for (const socket of this.#sockets.clients) socket.terminate();
      this.#server.closeAllConnections();
    });
    await Promise.all([...this.#sessions].map((session) => session.drain()));
    this.#server.closeIdleConnections();
    await closed;
    impatience.cancel();
    await Promise.all(this.#running);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#track(
      this.#answer(request, response).catch((error: unknown) => {
        // A peer that broke off is told nothing, and is nobody's trouble.
        if (request.socket.destroyed) return;
        this.#told(answerError(response, error, this.#parts.logger));
      }),
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#limits.check(request, (leave) => response.once('close', leave));
    const origin = checkOrigin(request, this.#guard);
    if (origin !== undefined) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('vary', 'origin');
    }
    if (this.#isDraining) throw draining();
    const path = pathOf(request);
    const place = blobPlaceOf(path);
    const batch = batchPlaceOf(path);
    if (request.method === 'OPTIONS' && (place ?? batch) !== undefined) return preflight(response);
    if (batch !== undefined) return answerBatch(this.#parts, batch, request, response);
    if (place !== undefined) return answerBlob(this.#parts, place, request, response);
    if (path !== '/healthz')
      throw new EvermeshError('MESSAGE_UNEXPECTED', 'There is nothing at this address.');
    const isWell = this.#parts.registry.committer.failure === undefined;
    answerJson(response, isWell ? 200 : 503, { status: isWell ? 'ok' : 'failing' });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      this.#limits.check(request, (leave) => socket.once('close', leave));
      checkOrigin(request, this.#guard);
      if (this.#isDraining) throw draining();
      if (pathOf(request) !== '/')
        throw new EvermeshError('MESSAGE_UNEXPECTED', 'There is no socket at this address.');
    } catch (error) {
      const { status, body, code } = errorAnswer(error, this.#parts.logger);
      this.#told(code);
      socket.end(rawAnswer(status, body));
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, request));
  }

  #welcome(webSocket: WebSocket, request: IncomingMessage): void {
    const { meter } = this.#parts;
    const socket = new FrameSocket(webSocket, () => session.alive(), meter);
    const session = new DeviceSession(this.#parts, socket);
    this.#sessions.add(session);
    const { socket: wire } = request;
    wire.on('data', () => session.received(wire.bytesRead));
    webSocket.on('message', (data, isBinary) => {
      meter?.frame('in', (data as Buffer).byteLength);
      session.frame(data as Buffer, isBinary);
    });
    // What `ws` refuses by itself, a frame that is too long or broken, it closes with a status that says so.
    webSocket.on('error', (error) => this.#parts.logger.info('a socket failed', { error: error.message }));
    this.#track(
      new Promise<void>((resolve) => {
        webSocket.on('close', () => {
          this.#sessions.delete(session);
          resolve(session.closed());
        });
      }),
    );
  }

  #told(code: string | undefined): void {
    if (code !== undefined) this.#parts.meter?.refused(code);
  }

  #look(): void {
    const timer = this.#parts.clock.after(LOOK_EVERY, () => {
      for (const session of this.#sessions) session.look();
      this.#look();
    });
    this.#stopLooking = () => timer.cancel();
  }

  #track(work: Promise<void>): void {
    const ended = work
      .catch((error: unknown) =>
        this.#parts.logger.error('something unexpected happened', { error: String(error) }),
      )
      .finally(() => this.#running.delete(ended));
    this.#running.add(ended);
  }
}

function serverFor(
  tls: TlsCertificate | undefined,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Server | TlsServer {
  const options = { requestTimeout: 0 };
  if (tls === undefined) return createServer(options, answer);
  return usable(tls, () =>
    createTlsServer({ ...options, ...tls, handshakeTimeout: HANDSHAKE_WITHIN }, answer),
  );
}

/** @throws CONFIG_INVALID */
function usable<Result>({ cert, key }: TlsCertificate, act: () => Result): Result {
  try {
    // What is empty would count as not given.
    if (cert.trim() === '' || key.trim() === '') throw new Error('one of them is empty');
    return act();
  } catch (error) {
    const what = `The certificate and its key cannot be used: ${(error as Error).message}`;
    throw new EvermeshError('CONFIG_INVALID', what, { cause: error });
  }
}

const draining = (): EvermeshError => new EvermeshError('RELAY_DRAINING', 'The relay stops.');

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] as string;

/** What a page on an allowed origin asks before it sends a token or asks for a range. */
function preflight(response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, POST, PUT',
    'access-control-allow-headers': 'authorization, range',
    'access-control-max-age': '600',
  });
  response.end();
}

const rawAnswer = (status: number, body: string): string =>
  [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${new TextEncoder().encode(body).byteLength}`,
    '',
    body,
  ].join('\r\n');
