/** Where a server listens, and why it cannot. */
import type { Server } from 'node:net';
import { EvermeshError } from '@evermesh/core/errors';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Returns the port. @throws RELAY_PORT_IN_USE, CONFIG_INVALID */
export async function listening(server: Server, { host, port }: ListenOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(listenError(error, host, port));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): EvermeshError {
  const details = { host, port };
  if (error.code === 'EADDRINUSE') {
    const what = `Something else listens at ${host}:${port} already.`;
    return new EvermeshError('RELAY_PORT_IN_USE', what, { cause: error, details });
  }
  const what = `The relay cannot listen at ${host}:${port}: ${error.message}`;
  return new EvermeshError('CONFIG_INVALID', what, { cause: error, details });
}
