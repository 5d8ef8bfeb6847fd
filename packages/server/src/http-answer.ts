/** Answers over HTTP: an error is `{"code", "reason"}` with the status that says the same to whoever stands between. */
import type { ServerResponse } from 'node:http';
import type { Logger } from '@evermesh/core/base';
import { toldError } from './told-error.ts';

const STATUS: Readonly<Record<string, number>> = {
  AUTH_REQUIRED: 401,
  AUTH_EXPIRED: 401,
  AUTH_UNAVAILABLE: 503,
  AUTH_DENIED: 403,
  ORIGIN_REFUSED: 403,
  BLOB_NOT_FOUND: 404,
  MESSAGE_UNEXPECTED: 404,
  MESSAGE_MALFORMED: 400,
  MESSAGE_TOO_LARGE: 413,
  BLOB_DAMAGED: 422,
  QUOTA_EXCEEDED: 507,
  RELAY_BUSY: 503,
  RELAY_DRAINING: 503,
};

export interface ErrorAnswer {
  readonly status: number;
  readonly body: string;
  readonly code: string;
}

export function errorAnswer(error: unknown, logger: Logger): ErrorAnswer {
  const told = toldError(error, logger);
  return { status: STATUS[told.code] ?? 500, body: JSON.stringify(told), code: told.code };
}

/** After an error the connection ends: what the peer still sends is not read to its end. Returns the code that it was told. */
export function answerError(response: ServerResponse, error: unknown, logger: Logger): string | undefined {
  if (response.headersSent) {
    response.destroy();
    return undefined;
  }
  const { status, body, code } = errorAnswer(error, logger);
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body);
  return code;
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}
