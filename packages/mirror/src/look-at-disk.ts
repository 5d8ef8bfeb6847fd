/**
 * From what may have changed to what did: scan, match, and the questions that stats alone do not answer. What is gone is
 * believed at the second look, unless something else stands in its place.
 */
import type { NodeId } from '@evermesh/core';
import { ROOT } from '@evermesh/core';
import type { AncestorEntry } from './ancestor.ts';
import type { Departed } from './departed.ts';
import type { Disk } from './disk.ts';
import { asFile, isNewFile, type Match, matchContents, matchDisk } from './match-disk.ts';
import { digestOfFile } from './read-disk.ts';
import { scan, type ScanWorld } from './scan.ts';
import type { SecondLook } from './second-look.ts';

export interface DiskLook {
  readonly matches: readonly Match[];
  /** Known and there. */
  readonly found: ReadonlySet<NodeId>;
  /** Known and not there any more. */
  readonly gone: readonly AncestorEntry[];
  /** Of these, those that are believed to be gone. */
  readonly missing: readonly AncestorEntry[];
}

export interface LookWorld extends ScanWorld {
  readonly looks: SecondLook;
  readonly departed: Departed;
  /** Everything is looked at anew. */
  listingAll(): void;
  /** Ignore files say something else than before: what of the folder is on this disk is another question, too. */
  rulesChanged(): void;
}

export async function lookAtDisk(
  world: LookWorld,
  dirty: ReadonlySet<string> | 'all',
  signal?: AbortSignal,
): Promise<DiskLook> {
  let asked = dirty;
  world.looks.begin();
  for (;;) {
    if (asked === 'all') world.listingAll();
    const { root, rulesChanged } = await scan(world, asked, signal);
    // Other rules concern entries that were not looked at, or were with the old ones.
    if (rulesChanged) {
      world.rulesChanged();
      asked = 'all';
      continue;
    }
    const { matches, missing, unsure } = matchDisk(world.ancestor, world.departed, root);
    const looked: ReadonlySet<string> | 'all' = asked;
    if (looked !== 'all' && [...unsure].some((directory) => !looked.has(directory))) {
      asked = new Set<string>([...looked, ...unsure]);
      continue;
    }
    await matchByContents(world.disk, matches, missing);
    const claimed = new Set(matches.flatMap(({ known }) => known?.id ?? []));
    for (const id of claimed) world.looks.settle(goneKey(id));
    const gone = missing.filter(({ id }) => !claimed.has(id));
    return { matches, found: claimed, gone, missing: believed(world, gone, matches) };
  }
}

const goneKey = (id: NodeId): string => `gone ${id}`;

/** Only files whose size a missing one has are read: for most scans none. */
async function matchByContents(
  disk: Disk,
  matches: readonly Match[],
  missing: readonly AncestorEntry[],
): Promise<void> {
  const sizes = new Set(missing.filter(({ kind }) => kind !== 'directory').map(({ size }) => size));
  if (sizes.size === 0) return;
  const fresh: { match: Match; digest: string }[] = [];
  for (const match of matches) {
    if (!isNewFile(match) || !sizes.has(match.disk.stat.size)) continue;
    const digest = await digestOfFile(disk, asFile(match));
    if (digest !== undefined) fresh.push({ match, digest });
  }
  matchContents(fresh, missing);
}

function believed(
  { looks }: LookWorld,
  gone: readonly AncestorEntry[],
  matches: readonly Match[],
): AncestorEntry[] {
  if (gone.length === 0) return [];
  const taken = new Set<string>();
  for (const { parent, name } of matches)
    taken.add(placeKey(parent === undefined ? ROOT : parent.known?.id, name));
  const trusted = new Set<NodeId>();
  return gone.filter(({ id, parent, name }) => {
    const isTaken = trusted.has(parent) || taken.has(placeKey(parent, name));
    // All are looked at, also those that need it no more: what was in a directory is believed with it.
    if (!isTaken && !looks.isConfirmed(goneKey(id), 'gone', '', id)) return false;
    trusted.add(id);
    return true;
  });
}

const placeKey = (parent: NodeId | undefined, name: string): string => `${parent ?? ''}/${name}`;
