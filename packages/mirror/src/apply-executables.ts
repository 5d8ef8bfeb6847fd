/** Executable bits that came from elsewhere. */
import type { AncestorChange } from './ancestor.ts';
import { type ApplyWorld, atPath, restamped } from './apply-world.ts';
import { parentOf, sameBytes } from './disk.ts';
import type { ModelPlan } from './reconcile-model.ts';

export async function applyExecutables(steps: ModelPlan['executables'], world: ApplyWorld): Promise<number> {
  const { disk, nodes, ancestor } = world;
  const changes: AncestorChange[] = [];
  for (const { node } of steps) {
    const entry = ancestor.get(node.id);
    const path = ancestor.pathOf(node.id);
    // Written anew a moment ago, with the bit.
    if (entry === undefined || path === undefined || entry.executable === node.executable) continue;
    await atPath(world, path, node.id, async () => {
      const stat = await disk.lstat(path);
      if (
        stat?.kind !== 'file' ||
        !sameBytes(stat, entry) ||
        stat.inode !== entry.inode ||
        !(await disk.isOwnDirectory(parentOf(path)))
      ) {
        return world.lookAgain(parentOf(path), node.id);
      }
      await disk.fs.setExecutable(disk.at(path), node.executable);
      const after = restamped(entry, await disk.lstat(path));
      changes.push({ id: node.id, entry: { ...after, executable: node.executable } });
      world.tell({ type: 'change', direction: 'out', change: 'edited', path });
    });
  }
  if (changes.length > 0) await nodes.keep(ancestor.rows(changes));
  ancestor.took(changes);
  return changes.length;
}
