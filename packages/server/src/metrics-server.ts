/** A door of its own for whoever watches the relay, on loopback: `/metrics`, `/healthz`, `/readyz`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { answerError, answerJson } from './http-answer.ts';
import { type ListenOptions, listening } from './listening.ts';
import { checkOrigin, isLoopback } from './origin-guard.ts';

export interface MetricsServerOptions {
  readonly listen: ListenOptions;
  readonly page: () => Promise<{ readonly type: string; readonly text: string }>;
  /** The store works. */
  readonly isWell: () => boolean;
  /** Connections are taken. */
  readonly isReady: () => boolean;
  readonly logger: Logger;
}

export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #server: Server;

  /** @throws RELAY_UNSAFE if it is to be reached from elsewhere: it asks nobody for a token */
  constructor(options: MetricsServerOptions) {
    if (!isLoopback(options.listen.host))
      throw new EvermeshError(
        'RELAY_UNSAFE',
        'Metrics are for this computer only: listen on a loopback address.',
      );
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => answerError(response, error, options.logger));
    });
  }

  /** Returns the port. @throws RELAY_PORT_IN_USE, CONFIG_INVALID */
  async listen(): Promise<number> {
    const { listen, logger } = this.#options;
    const port = await listening(this.#server, listen);
    // One connection that cannot be taken must not end a relay.
    this.#server.on('error', (error) => logger.error('the metrics server failed', { error: error.message }));
    return port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { listen, page, isWell, isReady } = this.#options;
    checkOrigin(request, { host: listen.host, allowedOrigins: [], allowedHosts: [] });
    const isHealthy = isWell();
    switch (request.url) {
      case '/metrics': {
        const { type, text } = await page();
        response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
        return;
      }
      case '/healthz':
        return answerJson(response, isHealthy ? 200 : 503, { status: isHealthy ? 'ok' : 'failing' });
      case '/readyz': {
        const isTaking = isHealthy && isReady();
        return answerJson(response, isTaking ? 200 : 503, { status: isTaking ? 'ready' : 'not ready' });
      }
      default:
        throw new EvermeshError('MESSAGE_UNEXPECTED', 'There is nothing at this address.');
    }
  }
}
