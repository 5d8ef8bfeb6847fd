/** How much one peer may ask of a relay, so that others are served. */

export interface RelayLimits {
  /** Connections from one address at a time. Default: 1,000. */
  readonly connectionsPerAddress?: number | undefined;
  /** Frames a second, on all sockets with one token together. Who sends more is read more slowly. Default: 10,000. */
  readonly framesPerSecond?: number | undefined;
  /**
   * Bytes of records that devices may have put and that are not durable here yet, of all devices together; beyond that each may have one
   * PUT on its way. Default: 64 MiB.
   */
  readonly pendingBytes?: number | undefined;
  /** Bytes of a folder's records, and as many of its blobs. Default: what the disk has. */
  readonly folderBytes?: number | undefined;
}

export const DEFAULT_LIMITS = {
  connectionsPerAddress: 1000,
  framesPerSecond: 10_000,
  pendingBytes: 67_108_864,
} as const;
