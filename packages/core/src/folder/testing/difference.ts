/** Where two listings of one folder, or two replicas of it, differ. */
import type { Paths, Shown } from '@evermesh/testkit/tree';
import type { NodeId } from '../../base/index.ts';
import type { TreeReplica } from './tree-replica.ts';

/** An invariant does not hold. */
export class Broken extends Error {
  readonly invariant: string;

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}

/** Tree and contents. @throws Broken */
export async function compare(first: TreeReplica, other: TreeReplica): Promise<void> {
  const shown = first.shown();
  const difference = differenceOf(shown, other.shown(), 'wholly');
  if (difference !== undefined) throw new Broken('I1', `${first.number} and ${other.number}: ${difference}`);
  for (const [path, { id, kind }] of shown) {
    if (kind === 'directory') continue;
    const [here, there] = [await first.contents(id as NodeId), await other.contents(id as NodeId)];
    if (here === undefined || JSON.stringify(here) !== JSON.stringify(there))
      throw new Broken(
        'I1',
        `${path} holds ${JSON.stringify([here, there])} on ${first.number} and ${other.number}`,
      );
  }
}

/** How closely what is shown is compared: `by kind`, directories may be shown under the identity of another; `wholly`, as skeletons too. */
type Closeness = 'by kind' | 'by identity' | 'wholly';

/** The first path at which they differ. */
export function differenceOf(
  expected: Paths,
  actual: Paths,
  closeness: Closeness = 'by identity',
): string | undefined {
  for (const path of new Set([...expected.keys(), ...actual.keys()])) {
    const [wanted, found] = [expected.get(path), actual.get(path)];
    if (wanted !== undefined && found !== undefined && areAlike(wanted, found, closeness)) continue;
    return `${JSON.stringify(path)} is ${JSON.stringify(found)} in place of ${JSON.stringify(wanted)}`;
  }
  return undefined;
}

function areAlike(a: Partial<Shown>, b: Partial<Shown>, closeness: Closeness): boolean {
  if (a.kind !== b.kind || a.executable !== b.executable) return false;
  if (closeness === 'wholly' && a.skeleton !== b.skeleton) return false;
  return a.id === b.id || (closeness === 'by kind' && a.kind === 'directory');
}
