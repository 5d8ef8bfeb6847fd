/** Relays as whoever runs one would start them: on a free port of loopback, with what they store below a directory. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { importPeer } from '../log/peer-package.ts';

interface Serving {
  readonly port: number;
  close(): Promise<unknown>;
}

type Serve = (directory: string) => Promise<Serving>;

/** Every client of a benchmark comes from one address, with one token. */
const MANY = 1_000_000;

export const SERVERS: Readonly<Record<string, Serve>> = {
  evermesh: serveEvermesh,
  ws: serveBare,
  '@y/websocket-server': () => serveYjs('@y/websocket-server/utils'),
  'y-websocket': (directory) => {
    // Read when the module is loaded.
    process.env['YPERSISTENCE'] = directory;
    return serveYjs('y-websocket/bin/utils');
  },
  hocuspocus: serveHocuspocus,
  'automerge-repo': serveAutomerge,
};

/** Imported here alone: no other relay is to have it in its memory. */
async function serveEvermesh(directory: string): Promise<Serving> {
  const { allowEveryone, openRelay } = await import('@evermesh/server');
  const { levelStore } = await import('@evermesh/adapters/level');
  const { fileBlobs } = await import('@evermesh/adapters/blob-files');
  const { threadCompaction } = await import('@evermesh/adapters/compaction-thread');
  const relay = await openRelay({
    store: levelStore(join(directory, 'store')),
    blobs: fileBlobs(join(directory, 'blobs')),
    compaction: { runner: threadCompaction() },
    // As `evermesh relay`.
    syncEvery: 5,
    listen: { host: '127.0.0.1', port: 0 },
    authorizer: allowEveryone,
    limits: { connectionsPerAddress: MANY, framesPerSecond: MANY },
  });
  return { port: Number(new URL(relay.url).port), close: () => relay.close() };
}

/** Rooms by path. */
function serveBare(): Promise<Serving> {
  const rooms = new Map<string, Set<WebSocket>>();
  return serveSockets((socket, { url = '' }) => {
    const room = rooms.get(url) ?? new Set();
    rooms.set(url, room.add(socket));
    socket.on('message', (data) => {
      for (const other of room) if (other !== socket) other.send(data);
    });
    socket.on('close', () => {
      room.delete(socket);
      if (room.size === 0) rooms.delete(url);
    });
  });
}

interface YjsUtils {
  setupWSConnection(socket: WebSocket, request: IncomingMessage): void;
}

async function serveYjs(module: string): Promise<Serving> {
  const utils = await importPeer<YjsUtils>(module);
  return serveSockets((socket, request) => utils.setupWSConnection(socket, request));
}

async function serveSockets(
  connected: (socket: WebSocket, request: IncomingMessage) => void,
): Promise<Serving> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
  sockets.on('connection', connected);
  return listening(server);
}

async function listening(server: Server): Promise<Serving> {
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  const close = async (): Promise<void> => void server.close();
  return { port: (server.address() as AddressInfo).port, close };
}

interface Hocuspocus {
  Server: new (options: object) => {
    listen(): Promise<unknown>;
    readonly address: AddressInfo;
    destroy(): Promise<unknown>;
  };
}

async function serveHocuspocus(): Promise<Serving> {
  const { Server: HocuspocusServer } = await importPeer<Hocuspocus>('@hocuspocus/server');
  const server = new HocuspocusServer({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false });
  await server.listen();
  return { port: server.address.port, close: () => server.destroy() };
}

/** What the clients ask for is shared, and nothing announced. */
async function serveAutomerge(directory: string): Promise<Serving> {
  const { Repo } = await importPeer<{ Repo: new (options: object) => unknown }>('@automerge/automerge-repo');
  const { WebSocketServerAdapter } = await importPeer<{
    WebSocketServerAdapter: new (server: WebSocketServer) => unknown;
  }>('@automerge/automerge-repo-network-websocket');
  const { NodeFSStorageAdapter } = await importPeer<{
    NodeFSStorageAdapter: new (directory: string) => unknown;
  }>('@automerge/automerge-repo-storage-nodefs');
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const network = [new WebSocketServerAdapter(sockets)];
  const repo = new Repo({
    network,
    storage: new NodeFSStorageAdapter(directory),
    peerId: 'relay',
    sharePolicy: () => Promise.resolve(false),
  });
  void repo;
  return listening(server);
}
