/** What is to be seen of a folder through its public face, in the plainest way. */
import { createHash } from 'node:crypto';
import type { Folder } from '@evermesh/core';
import type { Sight } from './fixture.ts';

export async function sightOf(folder: Folder): Promise<Sight> {
  const nodes: Record<string, string> = {};
  const heads: Record<string, Record<string, number>> = {};
  for (const { id, kind } of folder.nodes.all()) {
    const path = folder.nodes.pathOf(id);
    nodes[path] = kind === 'directory' ? kind : `${kind} ${await contentOf(folder, path)}`;
    if (kind !== 'directory') heads[path] = Object.fromEntries([...folder.nodes.headsOf(id)].sort(byAuthor));
  }
  const conflicts = (await folder.conflicts()).map(({ path, kind }) => `${kind} ${path}`);
  return { nodes, heads, conflicts: conflicts.sort() };
}

async function contentOf(folder: Folder, path: string): Promise<string> {
  try {
    const bytes = await folder.readFile(path);
    return `${bytes.byteLength} bytes ${createHash('sha256').update(bytes).digest('hex')}`;
  } catch (error) {
    return String((error as { code?: string }).code);
  }
}

const byAuthor = ([one]: [string, number], [other]: [string, number]): number => (one < other ? -1 : 1);
