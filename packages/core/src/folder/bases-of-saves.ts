/** What whoever saves had been shown, of several saves at one moment. */
import { type EvermeshError, isEvermeshError } from '../errors/index.ts';
import type { FolderState } from './folder-state.ts';
import type { NodeOperation } from './nodes.ts';
import { type Base, baseHolds, readBase } from './shown-bases.ts';

type Save = Extract<NodeOperation, { type: 'save' }>;

/** VERSION_NOT_FOUND for what nobody can tell any more how it was: that save is refused, and holds up no other. */
export type Bases = ReadonlyMap<Save, Base | EvermeshError>;

/** What arrives while reading is in the documents then, and was not shown to whoever saved: all is read again. */
export async function basesOf(state: FolderState, saves: readonly Save[]): Promise<Bases> {
  for (;;) {
    const bases = new Map<Save, Base | EvermeshError>();
    for (const save of saves) bases.set(save, await baseOf(state, save));
    if (basesHold(state, bases)) return bases;
  }
}

async function baseOf(state: FolderState, { id, shown }: Save): Promise<Base | EvermeshError> {
  try {
    return await readBase(state, id, shown);
  } catch (error) {
    if (!isEvermeshError(error, 'VERSION_NOT_FOUND')) throw error;
    return error;
  }
}

/** Whether what was read as the newest still is. */
export const basesHold = (state: FolderState, bases: Bases): boolean =>
  [...bases].every(([{ id, shown }, base]) => isEvermeshError(base) || baseHolds(state, id, shown, base));
