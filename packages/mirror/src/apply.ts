/** Brings the disk to what the folder shows: identities, places, contents, executable bits, in this order. */
import type { AncestorChange } from './ancestor.ts';
import { applyContents } from './apply-contents.ts';
import { applyExecutables } from './apply-executables.ts';
import { applyStructure } from './apply-structure.ts';
import type { ApplyWorld } from './apply-world.ts';
import type { ModelPlan } from './reconcile-model.ts';

/** Does a plan. Returns how many changes were made. */
export async function apply(plan: ModelPlan, world: ApplyWorld, signal?: AbortSignal): Promise<number> {
  let done = await unite(plan.united, world);
  done += await applyStructure(plan.structure, world, signal);
  done += await applyContents(plan.contents, world, signal);
  return done + (await applyExecutables(plan.executables, world));
}

/** Directories of one name were made on two devices and are one now: on this disk only the identity changes. */
async function unite(united: ModelPlan['united'], { ancestor, nodes }: ApplyWorld): Promise<number> {
  for (const { from, to } of united) {
    const changes: AncestorChange[] = [
      { id: from.id, entry: undefined },
      { id: to, entry: { ...(ancestor.get(from.id) ?? from), id: to } },
    ];
    for (const child of ancestor.children(from.id))
      changes.push({ id: child.id, entry: { ...child, parent: to } });
    await nodes.keep(ancestor.rows(changes));
    ancestor.took(changes);
  }
  return united.length;
}
