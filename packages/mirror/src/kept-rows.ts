/** What the mirror keeps in the folder's store, read only to see that it can be. */
import { type FolderNodes, systemClock } from '@evermesh/core';
import { Ancestor } from './ancestor.ts';
import { Departed } from './departed.ts';
import { Intents } from './intents.ts';
import { readState } from './marker.ts';

/** @throws STORE_CORRUPT if a row is damaged */
export async function checkKeptRows(nodes: FolderNodes): Promise<void> {
  await readState(nodes);
  const ancestor = await Ancestor.load(nodes);
  await Departed.load(nodes, ancestor, systemClock);
  await new Intents(nodes).left();
}
