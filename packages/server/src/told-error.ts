/**
 * What a peer is told of an error: the code and reason of what concerns it. The relay's own troubles are its operator's;
 * a device only learns that it has to come again, and must not take them for troubles of its own store.
 */
import type { Logger } from '@evermesh/core/base';
import { EvermeshError, isEvermeshError } from '@evermesh/core/errors';

/** The longest reason, in characters; three bytes each at most. */
const REASON = 300;

export interface Told {
  readonly code: string;
  readonly reason: string;
}

export function toldError(error: unknown, logger: Logger): Told {
  const known = ofPeer(error, logger);
  return { code: known.code, reason: known.message.slice(0, REASON) };
}

function ofPeer(error: unknown, logger: Logger): EvermeshError {
  if (!isEvermeshError(error)) {
    logger.error('something unexpected happened', { error: String(error) });
    return new EvermeshError('INTERNAL', 'The relay met something unexpected.');
  }
  if (error.code === 'AUTH_UNAVAILABLE') {
    const { cause } = error;
    logger.warn('nobody can tell who may enter', {
      error: cause instanceof Error ? cause.message : undefined,
    });
  }
  if (!error.code.startsWith('STORE_')) return error;
  logger.error('the store does not work', { code: error.code, error: error.message });
  if (error.code === 'STORE_CORRUPT')
    return new EvermeshError(
      'RELAY_DAMAGED',
      'The relay cannot read a part of what it stores of the folder.',
    );
  return new EvermeshError(
    'RELAY_DRAINING',
    'The relay cannot store anything until its store is opened anew.',
  );
}
