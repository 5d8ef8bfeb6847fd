/** Relays that are measured, and who speaks with them. */
import { EVERMESH, isNamed } from '../figures.ts';
import { hasPeer } from '../log/peer-package.ts';
import type { ConnectClient } from './client.ts';
import { automergeClient } from './clients/automerge-client.ts';
import { bareClient, bareClientOfEach } from './clients/bare-client.ts';
import { evermeshClient } from './clients/evermesh-client.ts';
import { hocuspocusClient, yWebsocketClient } from './clients/yjs-clients.ts';

export interface RelayEngine {
  readonly name: string;
  /** In `servers.ts`. */
  readonly server: string;
  /** A package in `bench/peers` that has to be there. */
  readonly peer?: string;
  readonly connect: ConnectClient;
  /** A client has a socket for each document, so that there can be fewer of these. */
  readonly socketOfEach?: boolean;
  /** It keeps what it was sent, for clients that come later. */
  readonly keeps: boolean;
  /** What makes load with it costs so much that there has to be less. */
  readonly isSlow?: boolean;
}

export const BARE = 'ws';
export const Y_LEVELDB = 'y-websocket, y-leveldb';

export const ENGINES: readonly RelayEngine[] = [
  { name: EVERMESH, server: 'evermesh', connect: evermeshClient, keeps: true },
  { name: BARE, server: 'ws', connect: bareClient, keeps: false },
  {
    name: 'ws, a socket a document',
    server: 'ws',
    connect: bareClientOfEach,
    socketOfEach: true,
    keeps: false,
  },
  {
    name: '@y/websocket-server',
    server: '@y/websocket-server',
    peer: '@y/websocket-server',
    connect: yWebsocketClient,
    socketOfEach: true,
    keeps: true,
  },
  {
    name: Y_LEVELDB,
    server: 'y-websocket',
    peer: 'y-websocket',
    connect: yWebsocketClient,
    socketOfEach: true,
    keeps: true,
  },
  {
    name: 'hocuspocus',
    server: 'hocuspocus',
    peer: '@hocuspocus/server',
    connect: hocuspocusClient,
    keeps: true,
  },
  {
    name: 'automerge-repo',
    server: 'automerge-repo',
    peer: '@automerge/automerge-repo',
    connect: automergeClient,
    keeps: true,
    isSlow: true,
  },
];

/** Those of these names (none: all) that are installed; what is left out is noted. */
export function enginesNamed(names: readonly string[], notes: string[]): RelayEngine[] {
  return ENGINES.filter(
    ({ name, peer }) => isNamed(name, names) && (peer === undefined || hasPeer(name, peer, notes)),
  );
}
