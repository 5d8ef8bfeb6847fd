/** A mistake in how the command was called, with what to write instead. */
import { EvermeshError } from '@evermesh/core/errors';

export const usageError = (message: string, next: string, cause?: unknown): EvermeshError =>
  new EvermeshError('CONFIG_INVALID', message, { details: { next }, cause });
