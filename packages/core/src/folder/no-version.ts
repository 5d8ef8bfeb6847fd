/** Heads that name nothing that is here. */
import { EvermeshError } from '../errors/index.ts';

export const noVersion = (): EvermeshError =>
  new EvermeshError(
    'VERSION_NOT_FOUND',
    'This file has no such version here: it is no state that the file had, or what it was made of is not kept here.',
  );
