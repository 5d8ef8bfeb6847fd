/** The first record of a folder: its name, its secret, and the version of the rules its names follow. */
import { TREE_DOCUMENT } from '../base/index.ts';
import type { StoreOperation } from '../log/index.ts';
import { NAME_RULES, NAME_RULES_FACT } from '../model/index.ts';
import { type FolderState, SECRET } from './folder-state.ts';
import { LOCAL, LocalRecords } from './local-records.ts';

/** What is said of a folder once, when it is made. */
export interface FirstFacts {
  readonly name: string;
  /** 16 random bytes as base64url; every device that has the folder has it. */
  readonly secret: string;
  /** Names that differ in case only are two names. */
  readonly caseSensitive?: boolean | undefined;
}

export async function startFolder(
  state: FolderState,
  first: FirstFacts,
  beside: readonly StoreOperation[],
): Promise<void> {
  const rules = first.caseSensitive === true ? NAME_RULES.caseSensitive : NAME_RULES.portable;
  const records = new LocalRecords(state.log, state.options.author, state.options.clock);
  records.capture(TREE_DOCUMENT, state.treeDoc, () =>
    state.treeDoc.transact(() => {
      state.tree.setMetadata('name', first.name);
      state.tree.setMetadata(NAME_RULES_FACT, String(rules));
      state.tree.setMetadata(SECRET, first.secret);
    }),
  );
  const { durable } = state.log.append(records.take(), { source: LOCAL, beside });
  state.stepHere([TREE_DOCUMENT]);
  await durable;
  // Only now it is a folder that is here.
  state.step('local', []);
}
