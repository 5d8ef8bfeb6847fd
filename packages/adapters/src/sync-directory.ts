/** What makes names in a directory outlast a power cut; the bytes behind them are another matter. */
import { open } from 'node:fs/promises';

/** Makes durable that a name appeared, or went, in a directory. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows has no such call: NTFS writes down every change of names by itself.
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
