/**
 * Whether a file found on disk is one that the folder has already. The same bytes at one path are one file, and an
 * earlier version's bytes are that version. Other bytes are another file: there is nothing to merge by, so both are
 * kept, the new one under a name beside.
 */
import type { BlobName, FolderNodes, Heads, NodeId, ShownNode } from '@evermesh/core';
import { digestOfBlob } from '@evermesh/core/model';
import { digestOfContent } from './content-digest.ts';
import type { Match } from './match-disk.ts';
import type { MirrorEvent } from './mirror-event.ts';
import { besideName, isShownAs } from './names.ts';
import type { ShownBefore } from './shown-before.ts';
import type { Siblings } from './siblings.ts';

export type Twin =
  /** This node, at the heads whose content the disk shows. */
  | { readonly type: 'found'; readonly id: NodeId; readonly heads: Heads }
  /** This node, of which the disk shows more than what is left of these heads. */
  | { readonly type: 'edited'; readonly id: NodeId; readonly heads: Heads }
  /** This node's content is not here, so nobody can tell. */
  | { readonly type: 'wait'; readonly id: NodeId }
  /** It is new, and this name is free for it. */
  | { readonly type: 'none'; readonly name: string };

export interface TwinWorld {
  readonly nodes: Pick<FolderNodes, 'content' | 'headsOf' | 'headsOfVersion' | 'isAwaited'>;
  readonly siblings: Siblings;
  readonly before: Pick<ShownBefore, 'headsOf'>;
  /** Whether a node is on this disk already: then it is another file. */
  isHere(id: NodeId): boolean;
}

export async function findTwin(
  world: TwinWorld,
  match: Match,
  parent: NodeId,
  { digest }: { readonly digest: string },
  leaving: ReadonlySet<NodeId>,
): Promise<Twin> {
  const there = world.siblings.at(parent, match.name);
  if (there === undefined || leaving.has(there.id)) return { type: 'none', name: match.name };
  const twin = isShownAs(match.name, there.name)
    ? await compare(world, match, there, digest, true)
    : undefined;
  if (twin !== undefined) return twin;
  for (let attempt = 0; ; attempt++) {
    const name = besideName(match.name, digest, attempt);
    const beside = world.siblings.at(parent, name);
    if (beside === undefined || leaving.has(beside.id)) return { type: 'none', name };
    const same = await compare(world, match, beside, digest, false);
    if (same !== undefined) return same;
  }
}

async function compare(
  world: TwinWorld,
  { disk }: Match,
  { id, kind }: ShownNode,
  digest: string,
  versions: boolean,
): Promise<Twin | undefined> {
  if (kind !== disk.kind || world.isHere(id)) return undefined;
  const newest = await world.nodes.content(id);
  if (newest === undefined) return { type: 'wait', id };
  if (digestOfContent(newest.content) === digest) return { type: 'found', id, heads: newest.heads };
  const heads = versions ? await world.nodes.headsOfVersion(id, digestOfBlob(digest as BlobName)) : undefined;
  if (heads !== undefined) return { type: 'found', id, heads };
  if (!versions) return undefined;
  // It may be the content that is on its way.
  if (world.nodes.isAwaited(id)) return { type: 'wait', id };
  const left = world.before.headsOf(id, digest, world.nodes.headsOf(id));
  return left && { type: 'edited', id, heads: left };
}

/** That a file got another name than it has on disk, because the folder has another file of that. */
export function conflictEvent(match: Match, twin: Extract<Twin, { type: 'none' }>): MirrorEvent[] {
  if (twin.name === match.name) return [];
  const detail = `The folder has another file of this name. This one is now called ${twin.name}.`;
  return [{ type: 'conflict', path: match.disk.path, kind: 'name', detail }];
}
