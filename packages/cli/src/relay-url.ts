/** The relay's address of `--relay`: `ws://` or `wss://`, and never with a secret in it. */
import { usageError } from './usage-error.ts';

const EXAMPLE = 'Write it like ws://127.0.0.1:8787, or wss://relay.example behind TLS.';

export function parseRelayUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw usageError(`'${text}' is no relay address.`, EXAMPLE, error);
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw usageError(`A relay address begins with ws:// or wss://, not ${url.protocol}//.`, EXAMPLE);
  }
  // Addresses are remembered, shown and logged; a token in one would be too. The address itself is not repeated here.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw usageError(
      'A relay address holds no user name, password, query or fragment.',
      'Give the token in a file: --token-file FILE.',
    );
  }
  return url.pathname === '/' ? `${url.protocol}//${url.host}` : url.href;
}
