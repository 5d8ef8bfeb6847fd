export { Link, type LinkStatus } from './link.ts';
export type { LinkedFolder } from './linked-folder.ts';
export type { LinkOptions } from './link-options.ts';
export { peerNameOf } from './peer-name.ts';
export { type Pending, pendingWith } from './pending.ts';
export type { DocumentState, SharedPresence, SyncedFolder } from './synced-folder.ts';
export type { Connection, ConnectionEvents, RemoteBlobs, Transport } from './transport.ts';
