/** Reaches a relay; a mistake in its address that only shows on the wire is told as one. */
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { EvermeshError, type Transport } from '@evermesh/core';

/** What the TLS library says when the first bytes of the answer are no TLS. */
const NO_TLS = /wrong version number|packet length too long/;

export function relayTransport(relay: string, token?: string): Transport {
  const transport = webSocketTransport(relay, { token });
  return {
    ...transport,
    connect: (events) =>
      transport.connect({
        opened: () => events.opened(),
        frame: (bytes) => events.frame(bytes),
        closed: (why) => events.closed(why && plainly(why)),
      }),
  };
}

const plainly = (why: EvermeshError): EvermeshError =>
  why.code === 'LINK_UNREACHABLE' && NO_TLS.test(why.message)
    ? new EvermeshError(
        'RELAY_NOT_TLS',
        'The address says wss://, and what answers there does not encrypt (no TLS).',
        { cause: why },
      )
    : why;
