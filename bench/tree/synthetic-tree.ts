/**
 * A folder's tree as people have it, from a seed: a directory for every eleven files, at most eight levels, names of a few words. Half
 * of it lies below one directory, which is renamed; a tenth of it, at most 10,000 nodes, below another, which is removed.
 */
import { ROOT, type NodeId, type NodeKind } from '@evermesh/core';
import { nodeIdFrom, toBase64Url } from '@evermesh/core/base';
import { SeededRandom } from '../random.ts';

export const RENAMED = 'projects';
export const REMOVED = 'attic';

const DIRECTORY_SHARE = 0.08;
const DEEPEST = 8;
const REMOVED_AT_MOST = 10_000;
const SYLLABLES = 'an be co da el fi go hu in ka lo ma ne or pa qui re so ta un ver wi xa yo zen'.split(' ');
const EXTENSIONS = ['md', 'txt', 'png', 'ts', 'pdf', 'jpg'];

export interface SyntheticNode {
  readonly id: NodeId;
  readonly parent: NodeId;
  readonly name: string;
  readonly kind: NodeKind;
  readonly digest: string;
}

interface Directory {
  readonly id: NodeId;
  readonly depth: number;
}

export function* syntheticTree(nodes: number): Generator<SyntheticNode> {
  const random = new SeededRandom(7);
  const words = Array.from({ length: 2000 }, () => word(random));
  const newId = (): NodeId => nodeIdFrom(random.bytes(12));
  const tops = [RENAMED, REMOVED, 'documents'].map((name) => ({ id: newId(), parent: ROOT, name }));
  for (const top of tops) yield { ...top, kind: 'directory', digest: '' };
  const [renamed, removed, others] = tops.map(({ id }): Directory[] => [{ id, depth: 1 }]);
  const removable = Math.min(REMOVED_AT_MOST, Math.floor(nodes / 10));
  for (let made = tops.length; made < nodes; made++) {
    const directories = made - tops.length < removable ? removed! : made % 2 === 0 ? renamed! : others!;
    const isDirectory = random.next() < DIRECTORY_SHARE;
    let parent = random.pick(directories);
    // The first of them is at the top.
    if (isDirectory && parent.depth >= DEEPEST - 1) parent = directories[0]!;
    const id = newId();
    const stem = `${random.pick(words)}-${random.pick(words)}-${made.toString(36)}`;
    const name = isDirectory ? stem : `${stem}.${random.pick(EXTENSIONS)}`;
    const digest = isDirectory ? '' : toBase64Url(random.bytes(12));
    yield { id, parent: parent.id, name, kind: isDirectory ? 'directory' : 'file', digest };
    if (isDirectory) directories.push({ id, depth: parent.depth + 1 });
  }
}

const word = (random: SeededRandom): string =>
  Array.from({ length: 1 + random.below(3) }, () => random.pick(SYLLABLES)).join('');
