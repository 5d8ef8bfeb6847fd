/** What is there for everybody to see, read through the public API and the disk, and compared in the plainest way there is. */
import type { FileContent, Folder, Heads, NodeContent, NodeId, ShownNode } from '@evermesh/core';
import type { Naming } from './naming.ts';
import type { SimFiles } from './sim-files.ts';

export interface Sight {
  /** One line for each entry: path, kind, content. */
  readonly lines: readonly string[];
  /** The texts, by where they are. */
  readonly texts: ReadonlyMap<string, string>;
  /** The same as a directory on disk would show it, by path. */
  readonly onDisk: ReadonlyMap<string, string>;
  /** The texts of each file, in all its contents, and the heads at which they are that. */
  readonly files: ReadonlyMap<NodeId, Listed>;
}

/** What somebody knows of a file who was shown it. */
export interface Listed {
  readonly heads: Heads;
  readonly texts: string;
}

/** @param left of these the content is not looked at */
export async function sightOf(folder: Folder, left: ReadonlySet<NodeId> = new Set()): Promise<Sight> {
  const lines: string[] = [];
  const texts = new Map<string, string>();
  const onDisk = new Map<string, string>();
  const files = new Map<NodeId, Listed>();
  const nodes = Array.from(folder.nodes.all(), (node) => ({ node, path: folder.nodes.pathOf(node.id) }));
  for (const { node, path } of nodes.sort((a, b) => compare(a.path, b.path))) {
    lines.push(`${path} ${node.kind}${node.executable ? ' executable' : ''} ${node.id}`);
    if (node.kind === 'directory') {
      onDisk.set(path, `${path} directory`);
      continue;
    }
    if (left.has(node.id)) continue;
    const content = await folder.nodes.content(node.id);
    if (content === undefined) {
      lines.push(`${path} has not arrived`);
      continue;
    }
    for (const [at, one] of [content.content, ...content.others.map((other) => other.content)].entries()) {
      const where = at === 0 ? path : `${path}, version ${at + 1}`;
      const text = await textOf(folder, one);
      texts.set(where, text);
      files.set(node.id, { heads: content.heads, texts: `${files.get(node.id)?.texts ?? ''}${text}` });
      const quoted = JSON.stringify(text);
      if (at === 0) onDisk.set(path, diskLine(path, node.kind, node.executable, quoted));
      lines.push(`${where} ${one.kind} ${quoted}`);
    }
  }
  return { lines, texts, onDisk, files };
}

/** The texts that it shows first, as far as they are here, one behind the other. */
export async function textsOf({ nodes }: Folder): Promise<string> {
  let texts = '';
  for (const { id, kind } of nodes.ready ? nodes.all() : []) {
    const content = kind === 'directory' ? undefined : (await nodes.content(id))?.content;
    if (content?.kind === 'text') texts += content.text;
  }
  return texts;
}

/**
 * L3, of what one replica shows: every node once, each with a parent, no two names in a directory that are one in this folder, and nothing
 * under another name than its own unless something beside it has that.
 */
export function treeTroubles(folder: Folder, { oneName }: Naming): string[] {
  const troubles: string[] = [];
  const nodes: ShownNode[] = [...folder.nodes.all()];
  const byId = new Map(nodes.map((node) => [node.id as string, node]));
  if (byId.size !== nodes.length) troubles.push('a node is shown twice');
  const names = new Set<string>();
  for (const { parent, name } of nodes) {
    const key = `${parent}/${oneName(name)}`;
    if (names.has(key)) troubles.push(`two entries are called ${name} in ${parent}`);
    names.add(key);
  }
  for (const { id, parent, name, ownName } of nodes) {
    if (name !== ownName.normalize('NFC') && !names.has(`${parent}/${oneName(ownName)}`))
      troubles.push(`${ownName} is called ${name}, and nothing in ${parent} has its name`);
    let at: string = id;
    for (let depth = 0; at !== 'root'; depth++) {
      const next = byId.get(at)?.parent;
      if (next === undefined || depth > nodes.length) {
        troubles.push(`${name} (${id}) hangs on nothing, or on itself`);
        break;
      }
      at = next;
    }
  }
  return troubles;
}

const diskLine = (path: string, kind: string, executable: boolean, quoted: string): string =>
  `${path} ${kind}${executable ? ' executable' : ''} ${quoted}`;

/** What a directory on disk shows, by path, without what the mirror has there for itself. Names that differ in their form are one. */
export function diskSight(files: SimFiles, root: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const [name, inode] of files.walk(files.find(root))) {
    const path = name.normalize('NFC');
    if (path === '.evermesh' || path.startsWith('.evermesh/')) continue;
    const { kind, executable } = files.stat(inode);
    if (kind === 'directory') lines.set(path, `${path} directory`);
    else
      lines.set(path, diskLine(path, kind, executable, JSON.stringify(new TextDecoder().decode(inode.data))));
  }
  return lines;
}

/** What a content says; of one that is no text, what of it can be read. */
export async function textOf(folder: Folder, content: FileContent): Promise<string> {
  if (content.kind === 'text') return content.text;
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of folder.blobs.read(content.name)) text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}

/** What all contents of a file say, of which one is shown. */
export async function textOfAll(folder: Folder, { content, others }: NodeContent): Promise<string> {
  let text = '';
  for (const one of [content, ...others.map((other) => other.content)]) text += await textOf(folder, one);
  return text;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Lines that one has and the other has not: `-` and `+`, the first few. */
export function differences(a: readonly string[], b: readonly string[]): string[] {
  if (a.length === b.length && a.every((line, at) => line === b[at])) return [];
  const inA = new Set(a);
  const inB = new Set(b);
  const found = [
    ...a.filter((line) => !inB.has(line)).map((line) => `- ${line}`),
    ...b.filter((line) => !inA.has(line)).map((line) => `+ ${line}`),
  ];
  return found.sort((one, two) => compare(one.slice(2), two.slice(2))).slice(0, 6);
}
