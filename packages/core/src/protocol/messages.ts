/**
 * The messages of the protocol, one a frame. A socket begins with HELLO and WELCOME; every other message but PING,
 * PONG and FAILED belongs to a channel, a number the device chose in OPEN for one folder on this socket.
 * `docs/protocol.md` tells their order; `codec.ts` holds their bytes.
 */
import type { BlobName, DeviceId, DocumentId, Epoch, FolderId } from '../base/index.ts';
import type { Heads } from './heads.ts';

/**
 * What a device speaks. A relay speaks what the device does, from `OLDEST_VERSION` on. History:
 * - 1: the first
 * - 2: a relay says WANTED
 * - 3: snapshots travel; a device says STATES
 * - 4: a relay says beside the socket which blobs it lacks
 * - 5: a relay says UNTAKEN of a PUT for which a folder has no room, and goes on
 * - 6: each side says how much of a channel's records it takes before it has done with what came
 */
export const PROTOCOL_VERSION = 6;
export const OLDEST_VERSION = 1;
/** The first version in which a device understands WANTED. */
export const WANTED_VERSION = 2;
/** The first version in which snapshots travel. */
export const SNAPSHOT_VERSION = 3;
/** The first version in which a device understands UNTAKEN. */
export const UNTAKEN_VERSION = 5;
/** The first version in which both sides keep to credit. */
export const CREDIT_VERSION = 6;

/** A place in a relay's log, and the running digest there: proof that both mean the same log. */
export interface Position {
  readonly seq: number;
  /** 16 bytes. */
  readonly digest: Uint8Array;
}

/** How far a reader has read a log. */
export interface Cursor extends Position {
  readonly epoch: Epoch;
}

export type Grant = 'none' | 'read' | 'write';

export interface Hello {
  readonly type: 'HELLO';
  readonly version: number;
  readonly device: DeviceId;
  /** The name people see for this device. */
  readonly label: string;
  /** Empty when the relay asks for none. */
  readonly token: string;
  /** What the device takes of records on each channel, in bytes, before it says CREDIT; absent before version 6. */
  readonly credit: number | undefined;
}

export interface Welcome {
  readonly type: 'WELCOME';
  readonly version: number;
  readonly frameBytes: number;
  readonly recordBytes: number;
  /** What the relay takes of records on each channel, in bytes, before it says CREDIT; absent before version 6. */
  readonly credit: number | undefined;
}

export interface Open {
  readonly type: 'OPEN';
  readonly channel: number;
  readonly folder: FolderId;
  /** Whether the relay may begin a log for a folder it does not know: only who holds records of it asks that. */
  readonly create: boolean;
  readonly cursor: Cursor | undefined;
}

export interface Opened {
  readonly type: 'OPENED';
  readonly channel: number;
  /** Where the log stands. CHANGED pages follow unless the cursor of OPEN names exactly this place. */
  readonly cursor: Cursor;
  readonly grant: Grant;
  /**
   * Whether the cursor of OPEN is a place in this log. If so, CHANGED pages name what lies behind it; if not, they name
   * every document, and the device compares them all: this log may lack what the device once put.
   */
  readonly resumed: boolean;
}

export interface ChangedDocument {
  readonly document: DocumentId;
  readonly seq: number;
  /** Bytes of all its records. */
  readonly bytes: number;
  readonly heads: Heads;
}

export interface Changed {
  readonly type: 'CHANGED';
  readonly channel: number;
  readonly documents: readonly ChangedDocument[];
  /** Present on the last page: once these documents are stored or noted as owed, the cursor stands there. */
  readonly through: Cursor | undefined;
}

/** Asks for the records of documents that these heads do not cover. */
export interface Pull {
  readonly type: 'PULL';
  readonly channel: number;
  readonly documents: readonly { readonly document: DocumentId; readonly heads: Heads }[];
}

/**
 * From here on this channel is sent, of a document of which it holds nothing, a snapshot in place of the records that this stands for,
 * where there is one.
 */
export interface States {
  readonly type: 'STATES';
  readonly channel: number;
}

/** Records that were pulled, in the log's order. `done`: documents of which none is left. */
export interface Records {
  readonly type: 'RECORDS';
  readonly channel: number;
  /** Encoded records. */
  readonly records: readonly Uint8Array[];
  readonly done: readonly DocumentId[];
}

/** Records appended behind the place where this channel stood; the cursor moves to `through` with them. */
export interface Live {
  readonly type: 'LIVE';
  readonly channel: number;
  readonly through: Position;
  readonly records: readonly Uint8Array[];
}

export interface Put {
  readonly type: 'PUT';
  readonly channel: number;
  /** Encoded records of one author in the order of their counters. An atomic group is never split over two messages. */
  readonly records: readonly Uint8Array[];
}

/**
 * Answers one PUT, in the order of the PUTs: all its records are durable at the relay, the last of them is this one.
 * The cursor moves to `through`, which is never before the place of these records: a reader that has yet to be told of
 * what lies between is told first. Otherwise a log rolled back to a place between the two would still hold the cursor,
 * and the device would never send again what it was told is durable.
 */
export interface Ack {
  readonly type: 'ACK';
  readonly channel: number;
  readonly counter: number;
  readonly through: Position;
}

/** Answers one PUT in which a record came before its predecessor. `heads`: what the relay holds of the document. */
export interface Gap {
  readonly type: 'GAP';
  readonly channel: number;
  readonly document: DocumentId;
  readonly heads: Heads;
}

/** Answers one PUT for which there is no room: nothing of it was stored. What is behind it may be taken. */
export interface Untaken {
  readonly type: 'UNTAKEN';
  readonly channel: number;
  /** An error code. */
  readonly code: string;
  readonly reason: string;
  /** Milliseconds after which there may be room. */
  readonly retryAfter: number;
}

/** The channel is refused or ended by the relay; nothing of the PUT that it refused, or behind it, was stored. */
export interface Refused {
  readonly type: 'REFUSED';
  readonly channel: number;
  /** An error code. */
  readonly code: string;
  readonly reason: string;
  /** Milliseconds after which to try again; 0: not by itself. */
  readonly retryAfter: number;
}

/** How much of a channel's records, in bytes from its beginning on, whoever says this takes: see `SentCredit`. */
export interface Credit {
  readonly type: 'CREDIT';
  readonly channel: number;
  readonly credit: number;
}

/** Of these documents, which were pulled, not all was sent, for want of credit: what is left is to be asked for anew. */
export interface Unsent {
  readonly type: 'UNSENT';
  readonly channel: number;
  readonly documents: readonly DocumentId[];
}

/** Opaque, lossy, never stored: who is where in a document. */
export interface Awareness {
  readonly type: 'AWARENESS';
  readonly channel: number;
  readonly document: DocumentId;
  readonly state: Uint8Array;
}

/** The device leaves a channel. */
export interface Leave {
  readonly type: 'LEAVE';
  readonly channel: number;
}

/** The last message on a socket: why it closes. */
export interface Failed {
  readonly type: 'FAILED';
  readonly code: string;
  readonly reason: string;
}

export interface Ping {
  readonly type: 'PING';
}

export interface Pong {
  readonly type: 'PONG';
}

/**
 * Blobs that records of the folder name and the relay lacks, to a channel that may write: whoever has some of them puts
 * them. What is known when the channel opens comes before OPENED, the rest as it turns out.
 */
export interface Wanted {
  readonly type: 'WANTED';
  readonly channel: number;
  /** At most `LIMITS.batchBlobs`. */
  readonly names: readonly BlobName[];
}

export type FromDevice = Hello | Open | Pull | States | Put | Credit | Awareness | Leave | Ping | Pong;
export type FromRelay =
  | Welcome
  | Opened
  | Changed
  | Records
  | Unsent
  | Live
  | Credit
  | Ack
  | Gap
  | Untaken
  | Refused
  | Awareness
  | Failed
  | Ping
  | Pong
  | Wanted;
export type Message = FromDevice | FromRelay;
