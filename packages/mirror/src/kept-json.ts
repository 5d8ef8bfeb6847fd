/** Rows of the mirror that are JSON: what is none is damage to the store. */
import { fromUtf8 } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';

/** @throws STORE_CORRUPT */
export function keptJson(key: string, row: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(fromUtf8(row) ?? '');
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new EvermeshError('STORE_CORRUPT', `What the mirror kept is damaged (${key}).`, { details: { key } });
}
