/** What is said where a conflict is to be settled that is none. */
import { EvermeshError } from '../errors/index.ts';

export const noConflict = (): EvermeshError =>
  new EvermeshError(
    'CONFLICT_NOT_FOUND',
    'There is no conflict, or not with this content: somebody may have decided already.',
  );
