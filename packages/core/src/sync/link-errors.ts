/** What goes wrong on a link, as an error with a code. */
import { EvermeshError, type ErrorCode, isErrorCode, isEvermeshError } from '../errors/index.ts';
import type { Refusal } from './session-effects.ts';

export function asError(error: unknown): EvermeshError {
  if (isEvermeshError(error)) return error;
  return new EvermeshError('INTERNAL', `The link met something unexpected: ${String(error)}`, {
    cause: error,
  });
}

export const refusalError = ({ code, reason }: Refusal): EvermeshError =>
  new EvermeshError(isErrorCode(code) ? code : ('INTERNAL' satisfies ErrorCode), reason, {
    details: { code },
  });

export const unexpected = (what: string): EvermeshError =>
  new EvermeshError('MESSAGE_UNEXPECTED', `The peer sent ${what} out of turn.`);
