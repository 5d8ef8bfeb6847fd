/** The first record of a folder: its name, its secret, and the version of the rules its names follow. */
import { TREE_DOCUMENT } from '../base/index.ts';
import type { StoreOperation } from '../log/index.ts';
import { NAME_RULES } from '../model/index.ts';
import { type FolderState, SECRET } from './folder-state.ts';
import { LOCAL, LocalRecords } from './local-records.ts';

/** @param first `secret`: 16 random bytes as base64url; every device that has the folder has it */
export async function startFolder(
  state: FolderState,
  first: { name: string; secret: string },
  beside: readonly StoreOperation[],
): Promise<void> {
  const records = new LocalRecords(state.log, state.options.author, state.options.clock);
  records.capture(TREE_DOCUMENT, state.treeDoc, () =>
    state.treeDoc.transact(() => {
      state.tree.setMetadata('name', first.name);
      state.tree.setMetadata('nameRules', String(NAME_RULES));
      state.tree.setMetadata(SECRET, first.secret);
    }),
  );
  const { durable } = state.log.append(records.take(), { source: LOCAL, beside });
  state.stepHere([TREE_DOCUMENT]);
  await durable;
  // Only now it is a folder that is here.
  state.step('local', []);
}
