/**
 * What somebody means to do: a deed that was drawn becomes one that there is something for, with what a file system would show
 * afterwards.
 */
import { type Deed, type Effect, type Paths, paths as disk } from '@evermesh/testkit/tree';
import { type BlobName, documentOf, type NodeId, utf8 } from '../../base/index.ts';
import { contentDigest, digestOfBlob, type FileContent, ROOT } from '../../model/index.ts';
import type { Folder } from '../folder.ts';
import type { NodeOperation } from '../nodes.ts';
import type { TreeReplica } from './tree-replica.ts';

export interface Plan {
  readonly operations: readonly NodeOperation[];
  /** The same by path, where there is such a call. */
  readonly byPath?: (folder: Folder) => Promise<void>;
  readonly effect: Effect;
  /** What must be shown afterwards, wherever that is; all that is shown before stays. */
  readonly brings?: NodeId;
  /** Directories may be shown under the identity of another that they are united with. */
  readonly byKind?: boolean;
  readonly removes?: readonly string[];
  /** The path that is removed with all below it. */
  readonly top?: string;
  /** What somebody wishes to have somewhere. */
  readonly wishes?: readonly NodeId[];
  readonly writes?: {
    readonly id: NodeId;
    readonly before: string;
    readonly after: string;
    /** It is joined with what is here of the same. */
    readonly adopts?: boolean;
  };
}

/** Everything that is written is different from everything else. */
export type Fresh = () => number;

/** `undefined` if there is nothing that the deed could choose. */
export async function planOf(
  replica: TreeReplica,
  paths: Paths,
  deed: Deed,
  fresh: Fresh,
): Promise<Plan | undefined> {
  switch (deed.does) {
    case 'mkdir':
    case 'link':
    case 'create':
    case 'import':
      return make(replica, paths, deed, fresh);
    case 'move': {
      const from = one([...paths.keys()], deed.what);
      if (from === undefined) return undefined;
      const to = deed.where === undefined ? disk.directoryOf(from) : directoryAt(paths, deed.where);
      return move(replica, paths, from, to, deed.name ?? disk.nameOf(from));
    }
    case 'nest': {
      const from = one(disk.directories(paths).slice(1), deed.what);
      if (from === undefined) return undefined;
      return move(replica, paths, from, directoryAt(paths, deed.where), disk.nameOf(from));
    }
    case 'remove':
    case 'remove all':
      return remove(paths, one([...paths.keys()], deed.what), deed.does === 'remove all');
    case 'remove some': {
      const gone = new Set(deed.which.flatMap((which) => one([...paths.keys()], which) ?? []));
      return gone.size === 0 ? undefined : { ...removal(paths, [...gone]), byKind: true };
    }
    case 'change kind':
      return changeKind(replica, paths, one([...paths.keys()], deed.what));
    case 'edit':
      return edit(replica, paths, deed, fresh);
    case 'edit removed':
      return editRemoved(replica, paths, deed.what, fresh);
    case 'mode':
      return changeMode(paths, one([...paths.keys()], deed.what));
    case 'restore':
      return restore(replica, paths, deed.what);
    case 'place removed':
      return placeRemoved(replica, paths, deed);
    default:
      return deed satisfies never;
  }
}

function restore(replica: TreeReplica, paths: Paths, what: number): Plan | undefined {
  const skeletons = [...replica.shown().values()].filter(({ skeleton }) => skeleton);
  const id = one([...replica.removed(), ...skeletons.map((entry) => entry.id as NodeId)], what);
  if (id === undefined) return undefined;
  return { operations: [{ type: 'restore', id }], effect: paths, brings: id, wishes: [id] };
}

function placeRemoved(
  replica: TreeReplica,
  paths: Paths,
  { what, where, name }: Extract<Deed, { does: 'place removed' }>,
): Plan | undefined {
  const id = one(replica.removed(), what);
  if (id === undefined) return undefined;
  const directory = directoryAt(paths, where);
  const operations: NodeOperation[] = [{ type: 'place', id, parent: idOf(paths, directory), name }];
  const isTaken = disk.holder(paths, replica.nameKey, directory, name) !== undefined;
  return isTaken
    ? { operations, effect: 'refused' }
    : { operations, effect: paths, brings: id, wishes: [id] };
}

function make(
  replica: TreeReplica,
  paths: Paths,
  deed: Extract<Deed, { does: 'mkdir' | 'link' | 'create' | 'import' }>,
  fresh: Fresh,
): Plan {
  const { folder, nameKey } = replica;
  const { does, name } = deed;
  const directory = directoryAt(paths, deed.where);
  const path = disk.join(directory, name);
  const kind =
    does === 'mkdir' ? 'directory' : does === 'link' ? 'symlink' : does === 'import' ? deed.kind : 'file';
  const content = kind === 'directory' ? undefined : firstContent(deed, path, fresh);
  const digest = content === undefined ? '' : digestOf(content);
  const imported = does === 'import' ? folder.nodes.importId(path, kind, digest) : undefined;
  const id = imported ?? folder.nodes.newNodeId();
  // Somebody else found the same, and went on: what he wrote can be here before it is known where.
  const adopts = [...replica.headsOf(id)].length > 0;
  const create: NodeOperation = {
    type: 'create',
    id,
    parent: idOf(paths, directory),
    name,
    kind,
    digest,
    ...(content === undefined ? {} : { content }),
    ...(imported === undefined ? {} : { imported: true }),
  };
  return {
    operations: [create],
    effect: disk.made(paths, nameKey, directory, name, { id, kind, executable: false }),
    ...(content === undefined ? {} : { writes: { id, before: '', after: written(content), adopts } }),
  };
}

function firstContent(deed: Deed, path: string, fresh: Fresh): FileContent {
  if (deed.does === 'import') return { kind: 'text', text: `found at ${path}\n` };
  if (deed.does === 'link') return { kind: 'text', text: `to ${letter(fresh())}\n` };
  if (deed.does === 'create' && deed.content === 'binary') return blob(fresh());
  return {
    kind: 'text',
    text: deed.does === 'create' && deed.content === 'text' ? `${letter(fresh())}\n` : '',
  };
}

function move({ nameKey }: TreeReplica, paths: Paths, from: string, directory: string, name: string): Plan {
  const effect = disk.renamed(paths, nameKey, from, directory, name);
  const there = disk.holder(paths, nameKey, directory, name);
  const replaces = effect !== 'refused' && there !== undefined && there !== from;
  const gone = replaces ? [idOf(paths, there)] : [];
  const id = idOf(paths, from);
  const place: NodeOperation = { type: 'place', id, parent: idOf(paths, directory), name };
  // To have something where it is anyway is not said to anybody.
  const stays = effect !== 'refused' && effect.get(from)?.id === id;
  return {
    operations: replaces ? [{ type: 'remove', ids: gone }, place] : [place],
    byPath: (folder) => folder.rename(from, disk.join(directory, name)),
    effect,
    removes: gone,
    wishes: stays ? [] : [id],
  };
}

function remove(paths: Paths, top: string | undefined, recursive: boolean): Plan | undefined {
  if (top === undefined) return undefined;
  const gone = disk.below(paths, top);
  const plan = { ...removal(paths, gone), top };
  const byPath = (folder: Folder): Promise<void> => folder.rm(top, { recursive });
  if (recursive || gone.length === 1) return { ...plan, byPath };
  return { operations: [], byPath, effect: 'refused' };
}

function removal(paths: Paths, gone: readonly string[]): Plan {
  const ids = gone.map((path) => idOf(paths, path));
  return { operations: [{ type: 'remove', ids }], effect: disk.removed(paths, gone), removes: ids };
}

function changeKind(
  { folder, nameKey }: TreeReplica,
  paths: Paths,
  path: string | undefined,
): Plan | undefined {
  if (path === undefined) return undefined;
  const { operations, effect, removes = [] } = removal(paths, disk.below(paths, path));
  const kind = disk.isDirectory(paths, path) ? 'file' : 'directory';
  const [id, directory, name] = [folder.nodes.newNodeId(), disk.directoryOf(path), disk.nameOf(path)];
  return {
    operations: [
      ...operations,
      { type: 'create', id, parent: idOf(paths, directory), name, kind, digest: '' },
    ],
    effect: disk.made(effect as Paths, nameKey, directory, name, { id, kind, executable: false }),
    removes,
    ...(kind === 'file' ? { writes: { id, before: '', after: '' } } : {}),
  };
}

function changeMode(paths: Paths, path: string | undefined): Plan | undefined {
  const entry = path === undefined ? undefined : paths.get(path);
  if (path === undefined || entry === undefined) return undefined;
  const { kind } = entry;
  const executable = !entry.executable;
  return {
    operations: [{ type: 'executable', id: entry.id as NodeId, executable }],
    effect:
      kind === 'directory' ? 'refused' : kind === 'file' ? disk.changed(paths, path, { executable }) : paths,
  };
}

/** Refused, too, while the file's content is still on its way: there is nothing to edit. */
async function edit(
  replica: TreeReplica,
  paths: Paths,
  { what, content, at }: Extract<Deed, { does: 'edit' }>,
  fresh: Fresh,
): Promise<Plan | undefined> {
  const path = one(
    [...paths.keys()].filter((other) => paths.get(other)?.kind === 'file'),
    what,
  );
  if (path === undefined) return undefined;
  const id = idOf(paths, path);
  // Made by the same operation: it has no document to look at yet.
  if (replica.state.tree.node(id) === undefined) return undefined;
  const [before] = (await replica.contents(id)) ?? [];
  if (before === undefined)
    return { operations: [], byPath: (folder) => folder.writeFile(path, 'early'), effect: 'refused' };
  const after = edited(before, content, at, fresh);
  if (after === before) return undefined;
  const shown = replica.state.log.assignedHeads(documentOf(id));
  const saved: FileContent =
    content === 'binary' ? blob(Number(after.slice(0, 32))) : { kind: 'text', text: after };
  return {
    operations: [{ type: 'save', id, content: saved, shown }],
    ...(content === 'binary' ? {} : { byPath: (folder: Folder) => folder.writeFile(path, after) }),
    effect: paths,
    writes: { id, before, after },
  };
}

function edited(before: string, content: 'text' | 'binary' | 'empty', at: number, fresh: Fresh): string {
  if (content === 'binary') return blob(fresh()).name;
  if (content === 'empty') return '';
  const lines = isBlob(before) ? [] : (before.match(/.*\n/g) ?? []);
  lines.splice(at % (lines.length + 1), 0, `${letter(fresh())}\n`);
  return lines.join('');
}

async function editRemoved(
  replica: TreeReplica,
  paths: Paths,
  what: number,
  fresh: Fresh,
): Promise<Plan | undefined> {
  const files = replica.removed().filter((id) => String(replica.registers().c.get(id)).startsWith('f|'));
  const id = one(files, what);
  const [before] = (id && (await replica.contents(id))) || [];
  if (id === undefined || before === undefined) return undefined;
  const after = `${letter(fresh())}\n${isBlob(before) ? '' : before}`;
  const shown = replica.state.log.assignedHeads(documentOf(id));
  const save: NodeOperation = { type: 'save', id, content: { kind: 'text', text: after }, shown };
  return { operations: [save], effect: paths, brings: id, writes: { id, before, after } };
}

/** Letters have nothing in common, so that a merge never makes one of two. */
const letter = (number: number): string => String.fromCodePoint(0x4e00 + number);

/** What lies nowhere, but has a name. */
const blob = (number: number): FileContent & { kind: 'blob' } => ({
  kind: 'blob',
  name: String(number).padStart(32, '0').padEnd(64, 'b') as BlobName,
  size: 8,
});

const isBlob = (content: string): boolean => /^\d{32}b{32}$/.test(content);

/** What somebody wrote into a file: letters, or a whole blob. */
export const writingIn = (content: string): string[] =>
  isBlob(content) ? [content] : (content.match(/[\u4e00-\u9fff]/g) ?? []);

const written = (content: FileContent): string => (content.kind === 'text' ? content.text : content.name);

function digestOf(content: FileContent): string {
  if (content.kind === 'blob') return digestOfBlob(content.name);
  return content.text === '' ? '' : contentDigest(utf8(content.text));
}

const idOf = (paths: Paths, path: string): NodeId => (path === '' ? ROOT : (paths.get(path)?.id as NodeId));
const directoryAt = (paths: Paths, choice: number): string => one(disk.directories(paths), choice) as string;

export const one = <Item>(list: readonly Item[], choice: number): Item | undefined =>
  list[choice % list.length];
