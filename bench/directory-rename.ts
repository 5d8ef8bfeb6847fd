/** A directory with many files gets another name on one side: from the rename until the other side shows it. */
import { existsSync, readdirSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { LivePair, OneShot } from './engines/pair.ts';
import { timed } from './measure.ts';
import { Sight } from './sight.ts';

const QUIET_MS = 1000;

export interface RenamePlan {
  readonly from: string;
  readonly to: string;
  /** How many files must be below the new name. */
  readonly files: number;
}

export async function measureRename(
  pair: LivePair,
  plan: RenamePlan,
): Promise<{ milliseconds: number; bytes: number }> {
  await pair.wire.quiet(QUIET_MS);
  const before = pair.wire.count.bytes;
  using sight = new Sight(pair.right, () => isShown(pair.right, plan));
  const forget = pair.onActivity(() => sight.nudge());
  const start = performance.now();
  await rename(join(pair.left, plan.from), join(pair.left, plan.to));
  const milliseconds = (await pair.whileAlive(sight.seen)) - start;
  forget();
  await pair.wire.quiet(QUIET_MS);
  return { milliseconds, bytes: pair.wire.count.bytes - before };
}

export async function measureRenameByRunning(tool: OneShot, plan: RenamePlan): Promise<number> {
  await rename(join(tool.left, plan.from), join(tool.left, plan.to));
  const milliseconds = await timed(() => tool.run());
  if (!isShown(tool.right, plan)) throw new Error(`${tool.engine} did not bring the rename over.`);
  return milliseconds;
}

/** The old name is asked for first: it is cheap, and engines that move file by file remove it last. */
function isShown(root: string, { from, to, files }: RenamePlan): boolean {
  if (existsSync(join(root, from))) return false;
  const entries = readdirSync(join(root, to), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length === files;
}
