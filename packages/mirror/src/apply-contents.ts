/**
 * Writes what files hold, many at a time and phase by phase: content beside and synced, intents, each put into its
 * place, directories synced, ancestor. So 256 files share two commits, and a crash at any point leaves each path with
 * its old or its new content and the store knowing which were the mirror's.
 */
import type { FileContent, NodeContent, NodeId } from '@evermesh/core';
import { utf8 } from '@evermesh/core/base';
import { isEvermeshError } from '@evermesh/core/errors';
import type { AncestorChange, AncestorEntry, Row } from './ancestor.ts';
import {
  type ApplyWorld,
  atPath,
  eachOf,
  pathIn,
  restamped,
  syncDirectories,
  temporaryPath,
} from './apply-world.ts';
import { digestOfContent } from './content-digest.ts';
import { parentOf } from './disk.ts';
import type { FileStat } from './fs/file-system.ts';
import type { Intent, Waiting } from './intents.ts';
import type { MirrorEvent } from './mirror-event.ts';
import { isShownAs } from './names.ts';
import { hasNoRoom } from './other-spelling.ts';
import { contentDamaged } from './problem.ts';
import { isRacy } from './racy.ts';
import type { ContentStep } from './reconcile-model.ts';
import { letGo, placeNew, placeOver } from './take-place.ts';

const BATCH_FILES = 256;
const BATCH_BYTES = 32 * 1024 * 1024;
/** Files written and synced at once. */
const AT_ONCE = 8;

/** A content that waits beside its place. */
interface Staged {
  readonly step: ContentStep;
  readonly path: string;
  readonly temporary: string;
  readonly stat: FileStat;
  readonly intent: Extract<Intent, { type: 'write' }>;
}

export async function applyContents(
  steps: readonly ContentStep[],
  world: ApplyWorld,
  signal?: AbortSignal,
): Promise<number> {
  let done = 0;
  let at = 0;
  while (at < steps.length) {
    signal?.throwIfAborted();
    const batch = new ContentBatch(world);
    at += await batch.stage(steps, at);
    await batch.place();
    done += batch.done;
    world.tell({ type: 'progress', phase: 'apply', done: at, total: steps.length });
  }
  return done;
}

class ContentBatch {
  readonly #world: ApplyWorld;
  readonly #staged: Staged[] = [];
  readonly #changes: AncestorChange[] = [];
  readonly #events: MirrorEvent[] = [];
  #bytes = 0;
  done = 0;

  constructor(world: ApplyWorld) {
    this.#world = world;
  }

  /** Writes contents beside, from `from` on until the batch is full. Returns how many steps it took. */
  async stage(steps: readonly ContentStep[], from: number): Promise<number> {
    let next = from;
    const room = function* (batch: ContentBatch): Iterable<ContentStep> {
      while (next < steps.length && next - from < BATCH_FILES && batch.#bytes < BATCH_BYTES)
        yield steps[next++] as ContentStep;
    };
    await eachOf(room(this), AT_ONCE, (step) => this.#stage(step));
    return next - from;
  }

  async #stage(step: ContentStep): Promise<void> {
    const { node, replaces } = step;
    const entry = this.#world.ancestor.get(node.id);
    const name = entry !== undefined && isShownAs(entry.name, node.name) ? entry.name : node.name;
    const path = pathIn(this.#world, node.parent, name);
    if (path === undefined) return this.#world.retryLater(node.id);
    const comes = replaces === undefined && this.#world.ancestor.pathOf(node.id) !== path;
    if (comes && (await hasNoRoom(this.#world, path, node.id))) return;
    const found = await this.#content(node.id, path);
    if (found === undefined || this.#world.looksFirst(node.id)) return;
    const { content, heads, others } = found;
    this.#world.others(node.id, path, others.length);
    const digest = digestOfContent(content);
    if (entry?.digest === digest) {
      this.#changes.push({ id: node.id, entry: { ...entry, heads } });
      return;
    }
    if (node.kind === 'symlink' && !isTarget(content)) {
      this.#world.retryLater(node.id);
      return this.#world.problem({
        path,
        code: 'NAME_REFUSED',
        message: 'It is a symbolic link, and no disk can hold what it leads to.',
        next: 'Remove it on any device, or make it anew where it came from.',
      });
    }
    await this.#unlessDamaged(path, node.id, async () => {
      const temporary = temporaryPath(this.#world);
      const stat =
        node.kind === 'symlink'
          ? await this.#link(temporary, content)
          : await this.#write(temporary, content, node.executable, entry ?? replaces);
      if (stat === undefined) return this.#world.retryLater(node.id);
      const intent = intentOf(step, name, { digest, heads, waiting: waitingAs(temporary, stat) });
      this.#bytes += stat.size;
      this.#staged.push({ step: { ...step, entry }, path, temporary, stat, intent });
    });
  }

  /** What the folder shows of a file. Without it the file stays as it is, and the others go on. */
  async #content(id: NodeId, path: string): Promise<NodeContent | undefined> {
    try {
      const found = await this.#world.nodes.content(id);
      if (found === undefined) this.#world.notHere(id);
      return found;
    } catch (error) {
      this.#damaged(path, id, error);
      return undefined;
    }
  }

  #unlessDamaged(path: string, id: NodeId, step: () => Promise<void>): Promise<void> {
    return atPath(this.#world, path, id, async () => {
      try {
        await step();
      } catch (error) {
        // A failure of the disk is told by `atPath`.
        if (isEvermeshError(error)) this.#damaged(path, id, error);
        else throw error;
      }
    });
  }

  /** @throws the error itself if it is of more than this file */
  #damaged(path: string, id: NodeId, error: unknown): void {
    this.#world.problem(contentDamaged(path, error));
    this.#world.retryLater(id);
  }

  async #link(temporary: string, content: FileContent): Promise<FileStat | undefined> {
    const { disk } = this.#world;
    await disk.fs.makeLink(content.kind === 'text' ? content.text : '', disk.at(temporary));
    return disk.lstat(temporary);
  }

  async #write(
    temporary: string,
    content: FileContent,
    executable: boolean,
    like: AncestorEntry | undefined,
  ): Promise<FileStat> {
    const { disk, blobs, ancestor } = this.#world;
    const path = like === undefined ? undefined : ancestor.pathOf(like.id);
    const permissions = path === undefined ? undefined : (await disk.lstat(path))?.permissions;
    const pieces = content.kind === 'text' ? [utf8(content.text)] : blobs.read(content.name);
    try {
      return await disk.fs.createFile(disk.at(temporary), pieces, { executable, permissions });
    } catch (error) {
      await this.#discard(temporary);
      throw error;
    }
  }

  async place(): Promise<void> {
    const { nodes, ancestor, intents } = this.#world;
    if (this.#staged.length > 0) {
      await syncDirectories(this.#world.disk, [parentOf((this.#staged[0] as Staged).temporary)]);
      await nodes.keep(this.#staged.map(({ intent }) => intents.row(intent)));
    }
    const own = new Map<string, Promise<boolean>>();
    const replaced: (() => Promise<void>)[] = [];
    const unplaced: string[] = [];
    await eachOf(this.#staged, AT_ONCE, async (staged) => {
      const { path, step, temporary } = staged;
      let placed = false;
      await atPath(this.#world, path, step.node.id, async () => {
        const directory = parentOf(path);
        if (!own.has(directory)) own.set(directory, this.#world.disk.isOwnDirectory(directory));
        if ((await own.get(directory)) !== true)
          return this.#world.lookAgain(parentOf(directory), step.node.id);
        const letGoOf = await this.#placeOne(staged);
        placed = true;
        if (letGoOf !== undefined) replaced.push(letGoOf);
      });
      if (!placed) unplaced.push(temporary);
    });
    await syncDirectories(
      this.#world.disk,
      this.#staged.map(({ path }) => parentOf(path)),
    );
    // As long as intents say so, the next start knows whose it is if somebody wrote to it at the last moment.
    for (const letGoOf of replaced) await letGoOf();
    const over = this.#staged.map(({ step }) => intents.over(step.node.id));
    if (this.#changes.length + over.length > 0) await nodes.keep([...ancestor.rows(this.#changes), ...over]);
    ancestor.took(this.#changes);
    // An intent takes a temporary that is gone for one that came to its place: it has to be over first.
    for (const temporary of unplaced) await this.#discard(temporary);
    this.done = this.#changes.length;
    for (const event of this.#events) this.#world.tell(event);
  }

  /** Answers what lets go of what stood there. */
  async #placeOne(staged: Staged): Promise<(() => Promise<void>) | undefined> {
    const { disk, ancestor, intents } = this.#world;
    const { step, path, temporary, stat, intent } = staged;
    const { node, entry, replaces } = step;
    const old = entry ?? replaces;
    const knownAt = this.#world.clock.now();
    let saved: string | undefined;
    if (old === undefined) await placeNew(this.#world, temporary, path);
    else saved = await placeOver(this.#world, temporary, path, old, entry === undefined);
    const written = writtenEntry(intent, stat, await disk.lstatIfPossible(path), isRacy(stat, knownAt));
    const changes: AncestorChange[] = [{ id: node.id, entry: written }];
    if (replaces !== undefined) changes.unshift({ id: replaces.id, entry: undefined });
    this.#changes.push(...changes);
    this.#events.push({
      type: 'change',
      direction: 'out',
      change: entry === undefined ? 'created' : 'edited',
      path,
    });
    this.#world.solved(path);
    if (old === undefined || saved === undefined) return undefined;
    const placed = (): Row[] => [...ancestor.rows(changes), intents.over(node.id)];
    return () => letGo(this.#world, { saved, old, isOther: entry === undefined, path, placed });
  }

  /** What did not come to its place. */
  async #discard(temporary: string): Promise<void> {
    const { disk } = this.#world;
    if ((await disk.lstat(temporary)) !== undefined) await disk.fs.unlink(disk.at(temporary));
  }
}

/** Whether a symbolic link can lead there. What another device, or a program, wrote may be anything. */
const isTarget = (content: FileContent): boolean =>
  content.kind === 'text' && content.text !== '' && !content.text.includes('\0');

function intentOf(
  { node, replaces }: ContentStep,
  name: string,
  written: Pick<Staged['intent'], 'digest' | 'heads' | 'waiting'>,
): Staged['intent'] {
  const { id, parent, kind, executable } = node;
  return { type: 'write', id, parent, name, kind, executable, replaces: replaces?.id, ...written };
}

function waitingAs(path: string, stat: FileStat): Waiting {
  const { permissions, size, mtime, ctime, born, inode } = stat;
  return { path, permissions, size, mtime, ctime, born, inode };
}

/** The entry of what was written with this stat, now that it stands in its place. `racy`: see `isRacy`. */
export function writtenEntry(
  intent: Staged['intent'],
  written: Omit<Waiting, 'path' | 'permissions'>,
  now: FileStat | undefined,
  racy: boolean,
): AncestorEntry {
  const { id, parent, name, kind, digest, executable, heads } = intent;
  const { size, mtime, ctime, born, inode } = written;
  return restamped(
    { id, parent, name, kind, digest, size, mtime, ctime, born, inode, executable, racy, heads },
    now,
  );
}
