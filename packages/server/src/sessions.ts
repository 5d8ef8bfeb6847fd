/**
 * The relay without its door: for whoever brings frames to it by another way than `openRelay`, as a simulator does. Not
 * stable: what is needed here changes with the relay.
 */
export { type Authorizer, checkedGrant } from './authorizer.ts';
export { DeviceSession } from './device-session.ts';
export type { FolderBlobs } from './folder-blobs.ts';
export { FrameSocket } from './frame-socket.ts';
export { PutCredits } from './put-credits.ts';
export type { RawSocket } from './raw-socket.ts';
export { DEFAULT_LIMITS } from './relay-limits.ts';
export type { RelayParts } from './relay-parts.ts';
export { openRelayStores, type RelayStores } from './relay-stores.ts';
export { toldError } from './told-error.ts';
