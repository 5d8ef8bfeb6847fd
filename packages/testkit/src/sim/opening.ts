/** How people get at what files hold at a device that leaves it elsewhere. */
import { isEvermeshError, type NodeContent, type NodeId } from '@evermesh/core';
import { ON_DEMAND } from './on-demand.ts';
import type { Listed } from './observe.ts';
import type { Seat } from './seat.ts';

/** Whoever wants to see a file has it fetched, where that is needed and can be. */
export async function opened({ folder, said }: Seat, id: NodeId): Promise<NodeContent | undefined> {
  if (folder.bodies !== 'all' && !(await folder.nodes.isHere(id))) {
    try {
      await folder.fetch(folder.nodes.pathOf(id));
      said(ON_DEMAND.opened);
    } catch (error) {
      if (!isEvermeshError(error) || !/^(PATH|CONTENT)_/.test(error.code)) throw error;
      said(ON_DEMAND.refused);
    }
  }
  return folder.nodes.content(id);
}

/** What a file that is not here was when everybody had everything, for whoever goes by its name alone. */
export async function unread(
  { folder, listed, random, said }: Seat,
  id: NodeId,
): Promise<Listed | undefined> {
  if (folder.bodies === 'all' || (await folder.nodes.isHere(id)) || random.chance(0.2)) return undefined;
  const known = listed.get(id);
  if (known !== undefined) said(ON_DEMAND.unread);
  return known;
}
