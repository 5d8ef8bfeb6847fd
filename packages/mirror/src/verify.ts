/**
 * The disk beside the documents: every file read and compared by content, every difference named. What is not synced
 * takes no part. Nothing is changed, and nothing that is remembered is trusted, but for which of the folder's nodes a file is that
 * stands where the folder has none: it was moved there, or from there, and perhaps this disk has no room for it where it belongs.
 */
import type { NodeId, ShownNode } from '@evermesh/core';
import { isEvermeshError } from '@evermesh/core/errors';
import { composed } from '@evermesh/core/model';
import { Ancestor } from './ancestor.ts';
import { eachOf } from './apply-world.ts';
import { digestOfContent } from './content-digest.ts';
import type { CycleParts } from './cycle.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { digestOfFile } from './read-disk.ts';
import { type DiskDirectory, type DiskEntry, scan } from './scan.ts';

/** Files read at once. */
const AT_ONCE = 8;

export interface MirrorDifference {
  readonly path: string;
  readonly what:
    | 'missing on disk'
    | 'elsewhere on disk'
    | 'not in the folder'
    | 'content differs'
    | 'kind differs'
    | 'executable differs'
    | 'unreadable'
    | 'content not here'
    | 'content damaged';
  readonly detail: string;
}

type VerifyWorld = Pick<CycleParts, 'disk' | 'folder' | 'ancestor' | 'tell'>;

export async function verify(world: VerifyWorld, signal: AbortSignal): Promise<MirrorDifference[]> {
  const { disk, folder, tell } = world;
  const { nodes } = folder;
  if (!nodes.ready)
    return [{ path: '', what: 'content not here', detail: 'The folder has not arrived yet.' }];
  const found: MirrorDifference[] = [];
  const rules = new IgnoreRules();
  const unreadable = new Set<string>();
  const { root } = await scan(
    {
      disk,
      rules,
      ancestor: new Ancestor(nodes),
      watch: () => undefined,
      listing: () => undefined,
      problem: ({ path, message, code }) => {
        if (code !== 'UNREADABLE') return;
        unreadable.add(path);
        found.push({ path, what: 'unreadable', detail: message });
      },
      ignored: () => undefined,
      progress: (done) => tell({ type: 'progress', phase: 'scan', done, total: done }),
    },
    'all',
    signal,
  );
  const onDisk = new Map<string, DiskEntry>();
  collect(root, onDisk);
  const shown = [...nodes.all()]
    .map((node) => ({ node, path: nodes.pathOf(node.id) }))
    .filter(({ node, path }) => rules.reasonOfPath(path, node.kind === 'directory') === undefined)
    .map((each) => ({ ...each, entry: taken(onDisk, each.path) }));
  const elsewhere = new Map<NodeId, DiskEntry>();
  for (const entry of onDisk.values()) {
    const id = nodeOf(world, entry);
    if (id !== undefined) elsewhere.set(id, entry);
  }
  await eachOf(shown, AT_ONCE, async ({ node, path, entry }) => {
    signal.throwIfAborted();
    if (isBelow(path, unreadable)) return;
    const other = entry === undefined ? elsewhere.get(node.id) : undefined;
    if (other !== undefined) {
      onDisk.delete(composed(other.path));
      found.push({ path, what: 'elsewhere on disk', detail: `It is at ${other.path}.` });
    }
    const difference = await compare(world, node, path, entry ?? other);
    if (difference !== undefined) found.push({ path, ...difference });
  });
  for (const [path, { kind }] of onDisk)
    found.push({ path, what: 'not in the folder', detail: `A ${kind} that only the disk has.` });
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function taken(onDisk: Map<string, DiskEntry>, path: string): DiskEntry | undefined {
  const entry = onDisk.get(path);
  onDisk.delete(path);
  return entry;
}

/** Which node the disk showed there, or before it was moved. */
function nodeOf({ ancestor }: VerifyWorld, { kind, stat }: DiskEntry): NodeId | undefined {
  return ancestor.withInode(stat.inode).find((known) => known.kind === kind && known.born === stat.born)?.id;
}

async function compare(
  { disk, folder }: VerifyWorld,
  node: ShownNode,
  path: string,
  entry: DiskEntry | undefined,
): Promise<Omit<MirrorDifference, 'path'> | undefined> {
  let content;
  try {
    content = node.kind === 'directory' ? undefined : await folder.nodes.content(node.id);
  } catch (error) {
    // Of one file only: what is damaged elsewhere is found as well.
    if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
    return { what: 'content damaged', detail: error.message };
  }
  if (node.kind !== 'directory' && content === undefined) {
    return { what: 'content not here', detail: 'The newest content has not arrived on this device.' };
  }
  if (entry === undefined) return { what: 'missing on disk', detail: `The folder has a ${node.kind} here.` };
  if (entry.kind !== node.kind)
    return { what: 'kind differs', detail: `A ${entry.kind} on disk, a ${node.kind} in the folder.` };
  if (entry.kind === 'directory' || content === undefined) return undefined;
  const digest = await digestOfFile(disk, entry);
  if (digest === undefined)
    return { what: 'unreadable', detail: `What is at ${path} could not be read in one piece.` };
  const expected = digestOfContent(content.content);
  if (digest !== expected)
    return { what: 'content differs', detail: `SHA-256 ${digest} on disk, ${expected} in the folder.` };
  if (entry.kind !== 'file' || entry.stat.executable === node.executable) return undefined;
  return {
    what: 'executable differs',
    detail: node.executable ? 'Only the folder says executable.' : 'Only the disk says executable.',
  };
}

/** By the path that the folder would show: it composes accents. */
function collect(directory: DiskDirectory, into: Map<string, DiskEntry>): void {
  for (const entry of directory.entries.values()) {
    into.set(composed(entry.path), entry);
    if (entry.kind === 'directory') collect(entry, into);
  }
}

function isBelow(path: string, tops: ReadonlySet<string>): boolean {
  if (tops.has('')) return true;
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/'))))
    if (tops.has(at)) return true;
  return false;
}
