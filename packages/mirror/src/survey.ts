/** Looks at directory and folder and counts what is to be done, doing nothing. */
import { ROOT } from '@evermesh/core';
import type { CycleParts } from './cycle.ts';
import { sameStat } from './disk.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { lookAtDisk } from './look-at-disk.ts';
import { asFile, type Match } from './match-disk.ts';
import { digestOfFile } from './read-disk.ts';
import { reconcileModel } from './reconcile-model.ts';
import { SecondLook } from './second-look.ts';

export interface MirrorSurvey {
  /** Paths on disk that are other than disk and folder agreed on last. */
  readonly toFolder: number;
  /** Nodes of the folder that the disk shows otherwise. */
  readonly toDisk: number;
}

type SurveyWorld = Omit<CycleParts, 'watch'>;

export async function survey(world: SurveyWorld, signal: AbortSignal): Promise<MirrorSurvey> {
  const { disk, ancestor, board, clock, tell, folder } = world;
  // Rules and suspicions of its own: what is only looked at must not count as seen.
  const rules = new IgnoreRules();
  const look = await lookAtDisk(
    {
      disk,
      rules,
      ancestor,
      looks: new SecondLook(clock),
      watch: () => undefined,
      listing: (directory) => board.listing(directory),
      listingAll: () => board.listingAll(),
      problem: (problem) => board.problem(problem),
      ignored: (path, reason) => board.ignored(path, reason),
      progress: (done) =>
        tell({ type: 'progress', phase: 'scan', done, total: Math.max(done, ancestor.size) }),
    },
    'all',
    signal,
  );
  board.endCycle();
  let toFolder = look.gone.length;
  for (const match of look.matches) {
    signal.throwIfAborted();
    if (await isOther(world, match)) toFolder += 1;
  }
  if (!folder.nodes.ready) return { toFolder, toDisk: 0 };
  const ignored = (path: string, isDirectory: boolean): string | undefined =>
    rules.reasonOfPath(path, isDirectory);
  const plan = reconcileModel({ nodes: folder.nodes, ancestor, ignored }, 'all');
  const ids = new Set(plan.contents.map(({ node }) => node.id));
  for (const { node } of plan.executables) ids.add(node.id);
  for (const step of plan.structure)
    ids.add(step.type === 'make' || step.type === 'move' ? step.node.id : step.entry.id);
  return { toFolder, toDisk: ids.size };
}

async function isOther({ disk }: SurveyWorld, match: Match): Promise<boolean> {
  const { known, name, parent, disk: entry } = match;
  if (
    known === undefined ||
    known.name !== name ||
    known.parent !== (parent === undefined ? ROOT : parent.known?.id)
  )
    return true;
  if (entry.kind === 'directory' || sameStat(entry.stat, known)) return false;
  if (entry.kind === 'file' && entry.stat.executable !== known.executable) return true;
  return (await digestOfFile(disk, asFile(match))) !== known.digest;
}
