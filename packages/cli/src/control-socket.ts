/**
 * Where the control socket of a data directory lies. Its path must be short (the system allows about 100 bytes), so it
 * is named by a hash of the data directory and lies in a directory that only this user can enter.
 */
import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EvermeshError } from '@evermesh/core/errors';

const PATH_LIMIT = 100;

/** @throws CONFIG_INVALID if no directory for sockets is short and safe enough */
export async function placeSocket(runtime: readonly string[], data: string): Promise<string> {
  const name = `${createHash('sha256').update(data).digest('hex').slice(0, 16)}.sock`;
  const reasons: string[] = [];
  for (const directory of runtime) {
    const socket = join(directory, name);
    const reason =
      Buffer.byteLength(socket) > PATH_LIMIT ? 'its path is too long' : await whyUnsafe(directory);
    if (reason === undefined) return socket;
    reasons.push(`${directory}: ${reason}`);
  }
  throw new EvermeshError(
    'CONFIG_INVALID',
    `There is no place for the control socket (${reasons.join('; ')}).`,
    {
      details: { next: 'Set XDG_RUNTIME_DIR to a directory of yours with a short path.' },
    },
  );
}

/** Makes the directory if needed. In a directory for temporary files somebody else may have made it first. */
async function whyUnsafe(directory: string): Promise<string | undefined> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const stat = await lstat(directory);
    if (!stat.isDirectory()) return 'it is no directory';
    if (stat.uid !== process.getuid?.()) return 'it belongs to another user';
    if ((stat.mode & 0o077) !== 0) await chmod(directory, 0o700);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
