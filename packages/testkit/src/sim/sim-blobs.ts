/** Blobs on a simulated disk. One is there whole and durable, or not at all. */
import type { BlobName, BlobStore } from '@evermesh/core';
import { gather, sha256, toHex } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { SimProcess } from './sim-process.ts';
import type { SimDisk } from './sim-disk.ts';

/** Bytes of one piece that is read. */
const PIECE = 32 * 1024;

/** The blobs of a disk as one program uses them. */
export function simBlobs(disk: SimDisk, process: SimProcess): BlobStore {
  const files = disk.blobs;
  return {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    size: (name) => process.call('asks for blob', name, () => files.get(name)?.byteLength),
    async *read(name, offset = 0) {
      const bytes = await process.call('reads blob', name, () => files.get(name));
      if (bytes === undefined)
        throw new EvermeshError('BLOB_NOT_FOUND', `Blob ${name} is not here.`, { details: { name } });
      for (let at = offset; at < bytes.byteLength; at += PIECE) {
        yield await process.call('reads on', name, () => bytes.subarray(at, at + PIECE));
      }
    },
    async write(source, expected) {
      const bytes = (await gather(source)) as Uint8Array;
      const name = toHex(sha256(bytes)) as BlobName;
      if (expected !== undefined && name !== expected) {
        throw new EvermeshError('BLOB_DAMAGED', `The bytes of blob ${expected} do not hash to its name.`, {
          details: { name: expected },
        });
      }
      await process.call('keeps blob', name, () => keep(disk, name, bytes));
      return { name, size: bytes.byteLength };
    },
    delete: (name) =>
      process.call('deletes blob', name, () => {
        disk.deleteBlob(name);
      }),
  };
}

function keep(disk: SimDisk, name: BlobName, bytes: Uint8Array): void {
  try {
    disk.writeBlob(name, bytes);
  } catch (cause) {
    throw new EvermeshError('STORE_FAILED', 'The blobs cannot be written.', { cause });
  }
}
