/** Reads a row of the store: what does not decode is damage to the store, whatever row it is. */
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { Reader } from '../protocol/index.ts';

/** @throws STORE_CORRUPT if the row is not what `read` expects, or goes on behind it */
export function storedRow<T>(key: string, row: Uint8Array, read: (reader: Reader) => T): T {
  try {
    const reader = new Reader(row);
    const value = read(reader);
    reader.end();
    return value;
  } catch (error) {
    if (!isEvermeshError(error, 'MESSAGE_MALFORMED')) throw error;
    throw new EvermeshError('STORE_CORRUPT', `A row of the store is damaged (${key}).`, {
      cause: error,
      details: { key },
    });
  }
}
