/** With real sockets: what TLS says of an answer that is none comes from the system's library. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EvermeshError } from '@evermesh/core/errors';
import { expect, onTestFinished, test } from 'vitest';
import { webSocketTransport } from './web-socket.ts';

async function plainServer(): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(404).end());
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const closed = (url: string): Promise<EvermeshError | undefined> =>
  new Promise((resolve) => {
    webSocketTransport(url).connect({ opened: () => undefined, frame: () => undefined, closed: resolve });
  });

test('wss:// to a port that does not encrypt is told as that, without the words of the TLS library', async () => {
  const error = await closed(`wss://127.0.0.1:${portOf(await plainServer())}`);
  expect(error).toMatchObject({
    code: 'RELAY_NOT_TLS',
    message: expect.stringContaining('wss://') as string,
  });
  expect(error?.message).not.toMatch(/SSL|EPROTO/);
});

test('what else keeps a relay from being reached is told as it was', async () => {
  const server = await plainServer();
  expect(await closed(`ws://127.0.0.1:${portOf(server)}`)).toMatchObject({ code: 'LINK_UNREACHABLE' });
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  expect(await closed(`wss://127.0.0.1:${port}`)).toMatchObject({ code: 'LINK_UNREACHABLE' });
});
