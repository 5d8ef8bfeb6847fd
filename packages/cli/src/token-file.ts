/**
 * Reads a secret from its file: the token of `--token-file`, or what signs tokens. Files, because arguments are visible to every
 * user.
 */
import { open } from 'node:fs/promises';
import { LIMITS } from '@evermesh/core/protocol';
import type { Output } from './output.ts';
import { shellWord } from './printable.ts';
import { usageError } from './usage-error.ts';

/** Bytes of a token that is sent, and an end of line. */
const LIMIT = LIMITS.tokenBytes + 2;
const MAKE_ONE = 'A new relay needs one made with: (umask 077; head -c 32 /dev/urandom | base64 > FILE)';

export interface Token {
  readonly token: string;
  /** Others on this computer can read the file. */
  readonly exposed: boolean;
}

/** @throws CONFIG_INVALID if the file cannot be read or holds no token */
export async function readToken(path: string): Promise<Token> {
  const { text, mode } = await readSmallFile(path);
  const token = text.replace(/\r?\n$/, '');
  // Printable ASCII travels unchanged in every header; anything else is a binary file or several lines.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    const what = token === '' ? 'is empty' : 'is not one line of printable characters without spaces';
    throw usageError(`The token file ${path} ${what}.`, MAKE_ONE);
  }
  return { token, exposed: (mode & 0o077) !== 0 };
}

/** The token of a file, if one was named; tells whoever started the command when others can read it, too. */
export async function tokenOf(path: string | undefined, output: Output): Promise<string | undefined> {
  if (path === undefined) return undefined;
  if (path === '')
    throw usageError('The path of the token file is empty.', `Give the file with the relay's token.`);
  const { token, exposed } = await readToken(path);
  if (exposed) {
    output.tell({
      event: 'notice',
      message: `Other users of this computer can read the token file ${path}.`,
      next: `Make it yours alone: chmod 600 ${shellWord(path)}`,
    });
  }
  return token;
}

async function readSmallFile(path: string): Promise<{ text: string; mode: number }> {
  try {
    await using handle = await open(path, 'r');
    const { mode } = await handle.stat();
    const bytes = Buffer.alloc(LIMIT + 1);
    const { bytesRead } = await handle.read(bytes, 0, bytes.byteLength, null);
    if (bytesRead > LIMIT) throw new Error(`it is larger than ${LIMIT} bytes`);
    return { text: bytes.toString('latin1', 0, bytesRead), mode };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw usageError(
        `There is no token file ${path}.`,
        `Give the file with the relay's token. ${MAKE_ONE}`,
        error,
      );
    }
    throw usageError(`The token file ${path} cannot be read: ${(error as Error).message}.`, MAKE_ONE, error);
  }
}
