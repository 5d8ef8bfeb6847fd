/**
 * Identifiers. All are strings in memory, so that they serve as map keys, and raw bytes on the wire
 * where their length is fixed. Hexadecimal ids can be typed, pasted and given as command arguments
 * (they never begin with a dash); node ids are base64url because a tree holds a million of them.
 */
import { equalBytes, toBase64Url, toHex } from './bytes.ts';
import type { Random } from './random.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** An installation that edits: 128 random bits, 32 hexadecimal digits, stable for the life of its store. */
export type DeviceId = Branded<'DeviceId'>;
/** One opening of a store by a device: 64 random bits, 16 hexadecimal digits, never reused. */
export type RunId = Branded<'RunId'>;
/** `device.run`: whoever numbers records. Two authors never share a counter. */
export type AuthorId = Branded<'AuthorId'>;
/** The unit of sharing: 128 random bits, 32 hexadecimal digits. */
export type FolderId = Branded<'FolderId'>;
/** One Yjs document of a folder: the tree's is `tree0`, a file's is its node id. 1 to 64 of A-Z a-z 0-9 . _ ~ -. */
export type DocumentId = Branded<'DocumentId'>;
/** An item of a folder's tree: a shard digit (`0` today) and 96 bits as 16 base64url characters. */
export type NodeId = Branded<'NodeId'>;
/** SHA-256 of a blob's stored bytes, 64 hexadecimal digits. */
export type BlobName = Branded<'BlobName'>;
/** One incarnation of a log: 128 random bits, 32 hexadecimal digits. */
export type Epoch = Branded<'Epoch'>;

export const TREE_DOCUMENT: DocumentId = 'tree0' as DocumentId;

const HEX_16 = /^[0-9a-f]{16}$/;
const HEX_32 = /^[0-9a-f]{32}$/;
const HEX_64 = /^[0-9a-f]{64}$/;
const NODE = /^0[A-Za-z0-9_-]{16}$/;
const DOCUMENT = /^[A-Za-z0-9._~-]{1,64}$/;

export const isDeviceId = (value: string): value is DeviceId => HEX_32.test(value);
export const isRunId = (value: string): value is RunId => HEX_16.test(value);
export const isFolderId = (value: string): value is FolderId => HEX_32.test(value);
export const isNodeId = (value: string): value is NodeId => NODE.test(value);
export const isBlobName = (value: string): value is BlobName => HEX_64.test(value);
export const isDocumentId = (value: string): value is DocumentId => DOCUMENT.test(value);

export const newDeviceId = (random: Random): DeviceId => toHex(random.bytes(16)) as DeviceId;
export const newRunId = (random: Random): RunId => toHex(random.bytes(8)) as RunId;
export const newFolderId = (random: Random): FolderId => toHex(random.bytes(16)) as FolderId;
export const newEpoch = (random: Random): Epoch => toHex(random.bytes(16)) as Epoch;
export const newNodeId = (random: Random): NodeId => nodeIdFrom(random.bytes(12));

/** The node id made of these 12 bytes, in shard 0. */
export const nodeIdFrom = (bytes: Uint8Array): NodeId => `0${toBase64Url(bytes)}` as NodeId;

/** A file's document carries its node's id: a file is found by identity, never by path. */
export const documentOf = (node: NodeId): DocumentId => node as string as DocumentId;

export const authorOf = (device: DeviceId, run: RunId): AuthorId => `${device}.${run}` as AuthorId;
export const deviceOf = (author: AuthorId): DeviceId => author.slice(0, 32) as DeviceId;
export const runOf = (author: AuthorId): RunId => author.slice(33) as RunId;

/** From 24 bytes: device, then run. */
export function authorFromBytes(bytes: Uint8Array): AuthorId {
  const place = (bytes[16] as number) % KNOWN_AUTHORS;
  const known = knownAuthors[place];
  if (known !== undefined && equalBytes(known.bytes, bytes)) return known.author;
  const author = authorOf(toHex(bytes.subarray(0, 16)) as DeviceId, toHex(bytes.subarray(16, 24)) as RunId);
  knownAuthors[place] = { bytes: bytes.slice(), author };
  return author;
}

/** Authors that were read last: their texts are in memory once, not once for each file, and need not be made for each record. */
const KNOWN_AUTHORS = 64;
const knownAuthors: { readonly bytes: Uint8Array; readonly author: AuthorId }[] = [];
