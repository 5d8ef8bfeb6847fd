/**
 * Somebody who works with a folder through its API: looks at what is there, and changes it. What he saw and what he typed goes
 * into the ledger; a call that never comes back (the program was killed) is excused, because nobody promised anything yet.
 */
import {
  contentDigest,
  digestOfBlob,
  type FileContent,
  type Folder,
  type Heads,
  isEvermeshError,
  type NodeContent,
  type NodeId,
  type NodeOperation,
  ROOT,
  type ShownNode,
} from '@evermesh/core';
import { inOnePiece, utf8 } from '@evermesh/core/base';
import { lettersIn } from './letters.ts';
import { textOf, textOfAll } from './observe.ts';
import { opened, unread } from './opening.ts';
import { restore } from './restoring.ts';
import { restoreVersion, VERSIONS } from './restoring-versions.ts';
import type { FolderStep } from './script.ts';
import { pickFile, type Seat } from './seat.ts';
import { settle } from './settling.ts';
import { edited, lines, shown } from './typing.ts';

export async function act(step: FolderStep, seat: Seat): Promise<void> {
  const { folder, say, cannot } = seat;
  if (!folder.nodes.ready) return cannot(`would ${step}, and has no folder yet`);
  try {
    await ACTS[step](seat);
  } catch (error) {
    // What a file system would refuse as well.
    if (!isEvermeshError(error) || !/^(PATH|CONTENT|VERSION|CONFLICT)_/.test(error.code)) throw error;
    say(`is told ${error.code}`);
  }
}

const ACTS: Readonly<Record<FolderStep, (seat: Seat) => Promise<void>>> = {
  async create(seat) {
    const { random, say } = seat;
    const path = newPath(seat);
    const text = random.chance(0.1) ? '' : lines(seat, 1 + random.below(3));
    say(() => `creates ${path}: ${shown(text)}`);
    const content: FileContent = { kind: 'text', text };
    const digest = text === '' ? '' : contentDigest(utf8(text));
    await write(seat, path, text, [creation(seat, path, content, digest)]);
  },
  async edit(seat) {
    const { folder, ledger, who, say, cannot, random } = seat;
    const file = pickFile(seat);
    if (file === undefined) return ACTS.create(seat);
    const path = folder.nodes.pathOf(file.id);
    const before = await opened(seat, file.id);
    if (before === undefined) return cannot(`looks at ${path}, which has not arrived`);
    if (before.content.kind === 'blob') return ACTS.create(seat);
    const old = before.content.text;
    const text = random.chance(0.03) ? old : edited(old, seat);
    say(() => `edits ${path}: ${shown(old)} -> ${shown(text)}`);
    ledger.replaced(old, text, `edited by ${who}`);
    await write(seat, path, text, [
      { type: 'save', id: file.id, content: { kind: 'text', text }, shown: before.heads },
    ]);
  },
  async attach(seat) {
    const { folder, random, ledger, who, say } = seat;
    const path = newPath(seat);
    const letters = seat.letters.take(4);
    // A zero byte: this is no text. Some are too large to lie in the store.
    const bytes = utf8(`\0${letters}${'x'.repeat(random.below(4) === 0 ? 70_000 : 10)}`);
    say(`attaches ${path}: ${letters}, ${bytes.byteLength} bytes`);
    const { name, size } = await folder.blobs.write(inOnePiece(bytes));
    const content: FileContent = { kind: 'blob', name, size };
    const there = nodeAt(seat, path);
    const old = there?.kind === 'file' ? await opened(seat, there.id) : undefined;
    if (there === undefined || old === undefined)
      return write(seat, path, letters, [creation(seat, path, content, digestOfBlob(name))]);
    ledger.replaced(await textOf(folder, old.content), letters, `written over by ${who}`);
    await write(seat, path, letters, [{ type: 'save', id: there.id, content, shown: old.heads }]);
  },
  async 'attach over'(seat) {
    const { folder, random, ledger, who, say, said, cannot, attached } = seat;
    const file = pickFile(seat);
    if (file === undefined) return ACTS.attach(seat);
    const path = folder.nodes.pathOf(file.id);
    const old = await opened(seat, file.id);
    if (old === undefined) return cannot(`looks at ${path}, which has not arrived`);
    const letters = seat.letters.take(3);
    const isLarge = random.chance(0.1);
    // Its letters stand in the first of its chunks, in one in the middle, and in the last.
    const fill = 'x'.repeat(isLarge ? 150_000 : 10);
    const bytes = utf8(`\0${Array.from(letters).join(fill)}`);
    say(`attaches ${letters}, ${bytes.byteLength} bytes, over ${path}`);
    const { name, size } = await folder.blobs.write(inOnePiece(bytes));
    if (isLarge) {
      said(VERSIONS.chunked);
      attached.push(bytes);
    }
    ledger.replaced(await textOf(folder, old.content), letters, `written over by ${who}`);
    const content: FileContent = { kind: 'blob', name, size };
    await write(seat, path, letters, [{ type: 'save', id: file.id, content, shown: old.heads }]);
  },
  async mkdir(seat) {
    const path = newPath(seat);
    seat.say(`makes directory ${path}`);
    await seat.folder.mkdir(path, { recursive: seat.random.chance(0.5) });
    await seat.folder.flush();
  },
  async rename(seat) {
    await move(seat, (node, { folder, random, naming }) => {
      const parent = folder.nodes.pathOf(node.id).split('/').slice(0, -1);
      return [...parent, random.pick(naming.names)].join('/');
    });
  },
  async move(seat) {
    await move(seat, (node, { folder, random }) => {
      const into = random.pick(['', ...directories(folder).map(({ id }) => folder.nodes.pathOf(id))]);
      return into === '' ? node.name : `${into}/${node.name}`;
    });
  },
  async remove(seat) {
    const node = pickNode(seat);
    if (node === undefined) return ACTS.create(seat);
    const path = seat.folder.nodes.pathOf(node.id);
    seat.say(`removes ${path}`);
    await takeAway(seat, node, `removed with ${path} by ${seat.who} at ${seat.now()}`, (removal) => [
      removal,
    ]);
  },
  restore,
  'restore version': restoreVersion,
  settle,
  async chmod(seat) {
    const file = pickFile(seat);
    if (file === undefined) return ACTS.create(seat);
    seat.say(
      `makes ${seat.folder.nodes.pathOf(file.id)} ${file.executable ? 'not executable' : 'executable'}`,
    );
    await seat.folder.nodes.apply([{ type: 'executable', id: file.id, executable: !file.executable }]);
  },
};

/** Does it; from the moment it is durable, nothing but a person takes `text` away. */
async function write(seat: Seat, path: string, text: string, operations: NodeOperation[]): Promise<void> {
  const { folder, ledger, who, now, say } = seat;
  ledger.typed(text, who, now(), path);
  const { failures } = await folder.nodes.apply(operations);
  for (const failure of failures.values()) say(`is told ${failure.code}`);
  if (failures.size === 0) ledger.kept(lettersIn(text));
}

/**
 * Removes a node and what is below it, having read all of it, and says so: a file of which more is known by then than was read
 * stays, whether that arrived meanwhile or is still owed by a relay that told of it. What is not at his device he need not read: then
 * he means what it was when everybody had everything.
 */
async function takeAway(
  seat: Seat,
  node: ShownNode,
  how: string,
  operations: (removal: NodeOperation) => NodeOperation[],
): Promise<void> {
  const { folder, ledger, say, bin } = seat;
  const doomed = below(folder, node);
  const read = new Map<NodeId, Heads>();
  const texts = new Map<NodeId, string>();
  for (const { id, kind } of doomed) {
    if (kind === 'directory') continue;
    const listed = await unread(seat, id);
    if (listed !== undefined) {
      texts.set(id, listed.texts);
      read.set(id, listed.heads);
      continue;
    }
    const content = await opened(seat, id);
    const text = content && (await allOf(folder, content));
    if (content === undefined || text === undefined) return say('gives up: not all of it is here');
    texts.set(id, text);
    read.set(id, content.heads);
  }
  ledger.replaced([...texts.values()].join(''), '', how);
  const { stayed } = await folder.nodes.apply(
    operations({ type: 'remove', ids: doomed.map(({ id }) => id), shown: read }),
  );
  if (stayed.size === 0) bin.push({ nodes: doomed, texts, how });
  else say(`is told that ${stayed.size} files stay, which have more than was read`);
}

/** What all versions of a file say; `undefined` if one of them that is not shown has not arrived. */
async function allOf(folder: Folder, content: NodeContent): Promise<string | undefined> {
  try {
    return await textOfAll(folder, content);
  } catch (error) {
    if (!isEvermeshError(error, 'BLOB_NOT_FOUND')) throw error;
    return undefined;
  }
}

async function move(seat: Seat, target: (node: ShownNode, seat: Seat) => string): Promise<void> {
  const { folder, say, who } = seat;
  const node = pickNode(seat);
  if (node === undefined) return ACTS.create(seat);
  const from = folder.nodes.pathOf(node.id);
  const to = target(node, seat);
  say(`moves ${from} to ${to}`);
  const replaced = nodeAt(seat, to);
  const isOverIt = replaced !== undefined && replaced.id !== node.id;
  if (!isOverIt || replaced.kind === 'directory' || node.kind === 'directory') {
    await folder.rename(from, to);
    return folder.flush();
  }
  const { parent, name } = replaced;
  await takeAway(
    seat,
    replaced,
    `replaced by ${from}, moved to ${to} by ${who} at ${seat.now()}`,
    (removal) => [removal, { type: 'place', id: node.id, parent, name }],
  );
}

const creation = (seat: Seat, path: string, content: FileContent, digest: string): NodeOperation => ({
  type: 'create',
  id: seat.folder.nodes.newNodeId(),
  parent: parentOf(seat, path),
  name: path.slice(path.lastIndexOf('/') + 1),
  kind: 'file',
  content,
  digest,
});

/** What a path leads to where names are one that the folder takes for one. */
const nodeAt = ({ folder, naming: { oneName } }: Seat, path: string): ShownNode | undefined =>
  [...folder.nodes.all()].find(({ id }) => oneName(folder.nodes.pathOf(id)) === oneName(path));

const directories = (folder: Folder): ShownNode[] =>
  [...folder.nodes.all()].filter(({ kind }) => kind === 'directory');

function newPath({ folder, random, naming }: Seat): string {
  const into = random.chance(0.4)
    ? ''
    : random.pick(['', ...directories(folder).map(({ id }) => folder.nodes.pathOf(id))]);
  const name = random.pick(naming.names);
  return into === '' ? name : `${into}/${name}`;
}

function parentOf(seat: Seat, path: string): NodeId {
  const parent = path.split('/').slice(0, -1).join('/');
  const node = parent === '' ? undefined : nodeAt(seat, parent);
  return node?.kind === 'directory' ? node.id : ROOT;
}

function pickNode({ folder, random }: Seat): ShownNode | undefined {
  const all = [...folder.nodes.all()];
  return all.length === 0 ? undefined : random.pick(all);
}

const below = (folder: Folder, node: ShownNode): ShownNode[] => [
  node,
  ...(node.kind === 'directory'
    ? folder.nodes.children(node.id).flatMap((child) => below(folder, child))
    : []),
];
