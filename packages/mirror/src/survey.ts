/** Looks at directory and folder and counts what is to be done, doing nothing. */
import { type NodeId, ROOT } from '@evermesh/core';
import { Ancestor } from './ancestor.ts';
import type { CycleParts } from './cycle.ts';
import { sameStat } from './disk.ts';
import { isOfDisk } from './fs/file-system.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { type Intent, Intents } from './intents.ts';
import { lookAtDisk } from './look-at-disk.ts';
import { asFile, type Match } from './match-disk.ts';
import { contentDamaged } from './problem.ts';
import { digestOfFile } from './read-disk.ts';
import { reconcileModel } from './reconcile-model.ts';
import { carriedOut } from './recover.ts';
import { SecondLook } from './second-look.ts';
import { Whereabouts } from './whereabouts.ts';

export interface MirrorSurvey {
  /** Paths on disk that are other than disk and folder agreed on last. */
  readonly toFolder: number;
  /** Nodes of the folder that the disk shows otherwise, and that could be written: what they hold has arrived. */
  readonly toDisk: number;
}

type SurveyWorld = Omit<CycleParts, 'watch'>;

export async function survey(world: SurveyWorld, signal: AbortSignal): Promise<MirrorSurvey> {
  const { disk, board, clock, tell, folder, departed } = world;
  const left = await new Intents(folder.nodes).left();
  const ancestor = left.length === 0 ? world.ancestor : await withCarriedOut(world, left);
  // Rules and suspicions of its own: what is only looked at must not count as seen.
  const rules = new IgnoreRules();
  const look = await lookAtDisk(
    {
      disk,
      rules,
      ancestor,
      looks: new SecondLook(clock, ancestor),
      departed,
      watch: () => undefined,
      listing: (directory) => board.listing(directory),
      listingAll: () => board.listingAll(),
      rulesChanged: () => undefined,
      lookAgain: () => undefined,
      problem: (problem) => board.problem(problem),
      ignored: (path, reason) => board.ignored(path, reason),
      progress: (done) =>
        tell({ type: 'progress', phase: 'scan', done, total: Math.max(done, ancestor.size) }),
    },
    'all',
    signal,
  );
  for (const problem of rules.problems()) board.problem(problem);
  board.endCycle();
  // What was put aside is nobody's deletion.
  const underWay = new Set(left.map(({ id }) => id));
  let toFolder = look.gone.filter(({ id }) => !underWay.has(id)).length;
  for (const match of look.matches) {
    signal.throwIfAborted();
    if (await isOther(world, match)) toFolder += 1;
  }
  if (!folder.nodes.ready) return { toFolder, toDisk: 0 };
  const ignored = (path: string, isDirectory: boolean): string | undefined =>
    rules.reasonOfPath(path, isDirectory);
  const isHidden = (id: NodeId): boolean => departed.isHidden(id);
  const plan = reconcileModel({ nodes: folder.nodes, ancestor, ignored, isHidden }, 'all');
  const ids = new Set<NodeId>();
  board.notHere.clear();
  for (const { node } of plan.contents) {
    signal.throwIfAborted();
    if (await hasArrived(world, node.id)) ids.add(node.id);
    else board.notHere.add(node.id);
  }
  for (const { node } of plan.executables) ids.add(node.id);
  for (const step of plan.structure)
    ids.add(step.type === 'make' || step.type === 'move' ? step.node.id : step.entry.id);
  return { toFolder, toDisk: ids.size };
}

/** What a run before did on disk, and crashed before it could say so, is nobody's change. */
async function withCarriedOut(
  { disk, ancestor, folder }: SurveyWorld,
  left: readonly Intent[],
): Promise<Ancestor> {
  const copy = new Ancestor(folder.nodes);
  copy.took([...ancestor.all()].map((entry) => ({ id: entry.id, entry })));
  const whereabouts = new Whereabouts({ disk, ancestor: copy });
  for (const intent of left) {
    try {
      copy.took(await carriedOut({ disk, ancestor: copy }, intent, whereabouts));
    } catch (error) {
      // The look names what cannot be read.
      if (!isOfDisk(error)) throw error;
    }
  }
  return copy;
}

/** What is damaged has, and is named. */
async function hasArrived({ folder: { nodes }, board }: SurveyWorld, id: NodeId): Promise<boolean> {
  try {
    return (await nodes.content(id)) !== undefined;
  } catch (error) {
    board.problem(contentDamaged(nodes.pathOf(id), error));
    return true;
  }
}

async function isOther({ disk }: SurveyWorld, match: Match): Promise<boolean> {
  const { known, name, parent, disk: entry } = match;
  if (
    known === undefined ||
    known.name !== name ||
    known.parent !== (parent === undefined ? ROOT : parent.known?.id)
  )
    return true;
  if (entry.kind === 'directory' || (sameStat(entry.stat, known) && !known.racy)) return false;
  if (entry.kind === 'file' && entry.stat.executable !== known.executable) return true;
  return (await digestOfFile(disk, asFile(match))) !== known.digest;
}
