/** `HOST:PORT` of `--listen`. */
import { usageError } from './usage-error.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]\s/]+)):(?<port>\d{1,5})$/.exec(text);
  const host = match?.groups?.['six'] ?? match?.groups?.['host'];
  const port = Number(match?.groups?.['port']);
  if (host === undefined || port > 65_535) {
    throw usageError(
      `'${text}' is no address to listen on.`,
      `Write HOST:PORT, for instance --listen 127.0.0.1:8787.`,
    );
  }
  return { host, port };
}
