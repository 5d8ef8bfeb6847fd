/** Steps for which there may be room: what waits is tried again and again, so that is found out before anything is written for it. */
import type { NodeId } from '@evermesh/core';
import { type ApplyWorld, pathIn } from './apply-world.ts';
import { hasNoRoom } from './other-spelling.ts';
import type { StructureStep } from './reconcile-model.ts';

/** @param waiting what waits since earlier steps; more is added */
export async function stepsWithRoom(
  world: ApplyWorld,
  steps: readonly StructureStep[],
  waiting: Set<NodeId>,
): Promise<StructureStep[]> {
  const found: StructureStep[] = [];
  for (const step of steps) {
    const isPlaced = step.type === 'make' || step.type === 'move';
    if (isPlaced && (await waits(world, step, waiting))) waiting.add(step.node.id);
    else found.push(step);
  }
  return found;
}

type Placed = Extract<StructureStep, { type: 'make' | 'move' }>;

/** Whether it goes where there is no room for it, or into a directory that is nowhere because that waits. */
async function waits(world: ApplyWorld, step: Placed, waiting: ReadonlySet<NodeId>): Promise<boolean> {
  const { id, parent, name } = step.node;
  const path = pathIn(world, parent, step.type === 'move' ? step.name : name);
  if (path === undefined && waiting.has(parent)) {
    world.retryLater(id);
    return true;
  }
  if (path === undefined || (step.type === 'move' && step.replaces !== undefined)) return false;
  return hasNoRoom(world, path, id);
}
