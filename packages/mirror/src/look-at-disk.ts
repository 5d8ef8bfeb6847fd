/**
 * From what may have changed to what did: scan, match, and the questions that stats alone do not answer. What is gone is
 * believed at the second look, unless something else stands in its place.
 */
import type { NodeId } from '@evermesh/core';
import { ROOT } from '@evermesh/core';
import type { AncestorEntry } from './ancestor.ts';
import type { Departed } from './departed.ts';
import { type Disk, parentOf } from './disk.ts';
import { isOfDisk } from './fs/file-system.ts';
import { asFile, identityOf, isNewFile, type Match, matchContents, matchDisk } from './match-disk.ts';
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
  /** What is in these directories was on its way from one to another: soon there is more to see. */
  lookAgain(directories: Iterable<string>): void;
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
    const missed = believed(world, gone, matches);
    const moving = await movedMeanwhile(world, matches);
    return { matches: matches.filter((match) => !moving.has(match)), found: claimed, gone, missing: missed };
  }
}

const goneKey = (id: NodeId): string => `gone ${id}`;

/**
 * What was listed at two names and is at the first one no more was moved in between, and is nothing new: nothing is said of where it
 * is now, before another look.
 */
async function movedMeanwhile(world: LookWorld, matches: readonly Match[]): Promise<ReadonlySet<Match>> {
  const moving = new Set<Match>();
  if (!matches.some(({ known }) => known === undefined)) return moving;
  const seen = new Map<string, Match>();
  for (const match of matches) if (match.known !== undefined) seen.set(identityOf(match.disk.stat), match);
  for (const match of matches) {
    const other = match.known === undefined ? seen.get(identityOf(match.disk.stat)) : undefined;
    const isWithin = match.parent !== undefined && moving.has(match.parent);
    if (!isWithin && (other === undefined || (await isStill(world.disk, other)))) continue;
    moving.add(match);
    if (other !== undefined) world.lookAgain([parentOf(other.disk.path), parentOf(match.disk.path)]);
  }
  return moving;
}

/** Whether it is where it was listed, or nobody can tell. */
async function isStill(disk: Disk, { disk: { path, stat } }: Match): Promise<boolean> {
  try {
    const now = await disk.lstat(path);
    return now !== undefined && identityOf(now) === identityOf(stat);
  } catch (error) {
    if (isOfDisk(error)) return true;
    throw error;
  }
}

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
