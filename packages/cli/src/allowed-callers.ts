/** From where a relay may be used: the names of `--allowed-host`, the web pages of `--allowed-origin`, and which proxies it believes. */
import { isIP, isIPv6 } from 'node:net';
import { usageError } from './usage-error.ts';

/** @returns the name as a request's `Host` has it without a port. @throws CONFIG_INVALID */
export function parseAllowedHost(text: string): string {
  const six = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIPv6(six) || /^[a-z0-9._-]+$/i.test(text)) return six.toLowerCase();
  throw usageError(
    `'${text}' is no name of a host.`,
    'Write the name or address alone, without ws:// and port, for instance --allowed-host relay.example.',
  );
}

/** @returns the page's origin as browsers send it. @throws CONFIG_INVALID */
export function parseAllowedOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // A path would be ignored without a word, and let in every page of the site.
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  throw usageError(
    `'${text}' is no origin of a web page.`,
    'Write scheme and host alone, for instance --allowed-origin https://notes.example.',
  );
}

/** @returns the address of `--trusted-proxy`, as it is. @throws CONFIG_INVALID */
export function parseTrustedProxy(text: string): string {
  if (isIP(text) !== 0) return text;
  throw usageError(
    `'${text}' is no address of a proxy.`,
    'Write the address from which it connects to the relay, for instance --trusted-proxy 127.0.0.1.',
  );
}
