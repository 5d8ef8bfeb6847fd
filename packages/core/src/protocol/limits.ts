/** Limits of the wire and of the format. A peer that exceeds one is refused by name; nobody else notices. */
export const LIMITS = {
  /** Bytes of one frame, 16 MiB. A group of records that must arrive whole fits in one. */
  frameBytes: 16_777_216,
  /** Bytes of the body of one record, 12 MiB, and of its header, 3 MiB. Both leave room in any frame for what stands around a record. */
  recordBytes: 12_582_912,
  headerBytes: 3_145_728,
  /** Records of one atomic group. */
  groupRecords: 4096,
  /** Authors (device and run) in one heads map. */
  headsAuthors: 100_000,
  /** Ranges of Yjs clocks one record may claim. */
  clockRanges: 100_000,
  /** Blobs one record may name. */
  recordBlobs: 4096,
  /** Bytes of a small blob, 64 KiB: up to this it lies in the store as a row, and travels with others in one request. */
  smallBlobBytes: 65_536,
  /** Bytes of a content that is stored in chunks, 1 TiB: a few lists could claim any number. */
  contentBytes: 1_099_511_627_776,
  /** Blobs in one request, or asked for in one. */
  batchBlobs: 1000,
  /** Bytes of one request that puts blobs, 4 MiB, names and lengths included. */
  batchBytes: 4_194_304,
  /** Documents in one CHANGED page. */
  changedDocuments: 1000,
  /** Bytes of a token. */
  tokenBytes: 8192,
  /** Bytes of any text a person reads: labels, reasons. */
  textBytes: 1024,
} as const;
