import { ERROR_CODES, type ErrorCode } from './codes.ts';

const BRAND = Symbol.for('evermesh.error');

/** Plain JSON that helps to understand one error: ids, sizes, a path. Never content, never a token. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The one error class. `code` is the contract, the message is for people and may change. A `TypeError` without a code
 * is a mistake of the calling program; an aborted call rejects with its signal's reason.
 */
export class EvermeshError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EvermeshError';
    this.code = code;
    this.retryable = ERROR_CODES[code].retryable;
    this.details = options.details ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Recognises an `EvermeshError` by its brand, also one that another copy of this package made. */
export function isEvermeshError(value: unknown, code?: ErrorCode): value is EvermeshError {
  if (typeof value !== 'object' || value === null || !(BRAND in value)) return false;
  return code === undefined || (value as unknown as EvermeshError).code === code;
}
