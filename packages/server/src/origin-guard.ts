/**
 * Keeps web pages away. Any page can open a socket to loopback, and a page whose name was pointed at this machine (DNS
 * rebinding) even reads answers. So a request that says it comes from a page, or that asks for a host this relay is not
 * known as, is refused unless the operator named it.
 */
import type { IncomingMessage } from 'node:http';
import { EvermeshError } from '@evermesh/core/errors';

export interface GuardOptions {
  /** Where the relay listens. */
  readonly host: string;
  /** Pages that may use the relay, for instance `https://notes.example`. */
  readonly allowedOrigins: readonly string[];
  /**
   * Names under which the relay is reached, beside loopback and where it listens; `undefined`: none while it listens on
   * loopback, any elsewhere, where nobody is let in without a token that no page has.
   */
  readonly allowedHosts: readonly string[] | undefined;
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

export const isLoopback = (host: string): boolean => LOOPBACK.has(host) || /^127(\.\d{1,3}){3}$/.test(host);

/** The page that may use the relay, or `undefined` if no page asks. @throws ORIGIN_REFUSED */
export function checkOrigin(request: IncomingMessage, options: GuardOptions): string | undefined {
  const host = hostName(request.headers.host);
  if (host === undefined || !isKnownHost(host, request, options)) {
    throw new EvermeshError('ORIGIN_REFUSED', 'The relay is not known under this name.');
  }
  const { origin } = request.headers;
  if (origin !== undefined && !options.allowedOrigins.includes(origin)) {
    throw new EvermeshError('ORIGIN_REFUSED', 'This page may not use the relay.');
  }
  return origin;
}

function isKnownHost(host: string, request: IncomingMessage, options: GuardOptions): boolean {
  if (isLoopback(host) || host === options.host || options.allowedHosts?.includes(host)) return true;
  if (options.allowedHosts === undefined && !isLoopback(options.host)) return true;
  // An address is nobody's name: it cannot be pointed elsewhere. It counts if it is the one the request came to.
  return host === request.socket.localAddress?.replace(/^::ffff:/, '');
}

/** The name in a `Host` header, without its port. */
function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
