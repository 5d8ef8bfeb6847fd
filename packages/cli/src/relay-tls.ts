/** The certificate and key of `--tls-cert` and `--tls-key`, which are read again when they change: an issuer renews them. */
import { readFile } from 'node:fs/promises';
import { systemClock } from '@evermesh/core/base';
import type { TlsCertificate } from '@evermesh/server';
import { FollowedFile } from './followed-file.ts';
import { explain } from './next-steps.ts';
import type { Output } from './output.ts';
import { usageError } from './usage-error.ts';

export interface TlsFlags {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Absent: nothing is encrypted here. @throws CONFIG_INVALID if only one of the two was given */
export function tlsFilesOf({ tlsCert, tlsKey }: TlsFlags): TlsFiles | undefined {
  if (tlsCert !== undefined && tlsKey !== undefined) return { cert: tlsCert, key: tlsKey };
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  throw usageError(
    'A certificate and its key belong together.',
    'Give both --tls-cert FILE and --tls-key FILE.',
  );
}

/** @throws CONFIG_INVALID */
export async function readCertificate({ cert, key }: TlsFiles): Promise<TlsCertificate> {
  return { cert: await textOf(cert), key: await textOf(key) };
}

/** @param renew throws if what the files hold is of no use; then it is tried again, for one of them may be written after the other */
export function followCertificate(
  files: TlsFiles,
  now: TlsCertificate,
  renew: (tls: TlsCertificate) => void,
  output: Output,
): Disposable {
  let latest = now;
  const read = async (): Promise<string> => {
    latest = await readCertificate(files);
    return textOfBoth(latest);
  };
  return new FollowedFile({
    clock: systemClock,
    text: textOfBoth(now),
    read,
    changed: () => {
      renew(latest);
      const message = `New connections get the certificate that ${files.cert} holds now.`;
      output.tell({ event: 'notice', message, next: 'Nothing, if that was meant.' });
    },
    failed: (error) => {
      const { message, next } = explain(error);
      output.tell({ event: 'notice', message: `${message} The certificate before is still used.`, next });
    },
  });
}

const textOfBoth = ({ cert, key }: TlsCertificate): string => `${cert}\n${key}`;

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const what = `The file ${path} cannot be read: ${(error as Error).message}.`;
    throw usageError(what, 'Give files in PEM format that the relay may read.', error);
  }
}
