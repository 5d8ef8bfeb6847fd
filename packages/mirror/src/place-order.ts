/**
 * Puts steps that give nodes other places into an order in which each finds its place free and its directory there.
 * Where steps wait for each other in a circle (two names were exchanged), one of them is put aside first.
 *
 * A step waits for others in two ways: another has to *leave* the place, which putting it aside does as well; or another
 * has to *arrive*, because it is the directory to go into. Directories cannot wait for their own arrival, so each circle
 * has somebody who only has to leave.
 */
import { type NodeId, ROOT } from '@evermesh/core';

export interface Wait<Step> {
  readonly step: Step;
  readonly until: 'left' | 'arrived';
}

export function placeOrder<Step>(
  steps: Iterable<Step>,
  waits: (step: Step) => Iterable<Wait<Step>>,
  /** The step that puts another's node aside, or `undefined` if that node is none to put aside. */
  aside: (step: Step) => Step | undefined,
): Step[] {
  const ordered: Step[] = [];
  const done = new Set<Step>();
  const parked = new Set<Step>();
  const isOver = ({ step, until }: Wait<Step>): boolean =>
    done.has(step) || (until === 'left' && parked.has(step));

  /** One of a circle that the one before only waits for to leave is put aside. */
  const breakCircle = (circle: readonly Step[]): void => {
    for (const [i, step] of circle.entries()) {
      const follower = circle[(i + 1) % circle.length] as Step;
      const leaves = [...waits(step)].some(
        (wait) => wait.step === follower && wait.until === 'left' && !isOver(wait),
      );
      const parking = leaves ? aside(follower) : undefined;
      if (parking === undefined) continue;
      parked.add(follower);
      ordered.push(parking);
      return;
    }
    throw new Error('Steps wait for each other and none can be put aside.');
  };

  for (const first of steps) {
    // Steps that wait, each for the next. What a step has waited for stays over, so each list is read once.
    const path = new Map<Step, Iterator<Wait<Step>>>();
    let step: Step | undefined = first;
    while (step !== undefined && !done.has(step)) {
      let waiting = path.get(step);
      if (waiting === undefined) path.set(step, (waiting = waits(step)[Symbol.iterator]()));
      let next = waiting.next();
      while (next.done !== true && (next.value.step === step || isOver(next.value))) next = waiting.next();
      if (next.done === true) {
        ordered.push(step);
        done.add(step);
        path.delete(step);
        step = [...path.keys()].pop();
      } else if (path.has(next.value.step)) {
        const all = [...path.keys()];
        breakCircle(all.slice(all.indexOf(next.value.step)));
        path.clear();
        step = first;
      } else step = next.value.step;
    }
  }
  return ordered;
}

/**
 * Of a directory that stands within `within` now, what has to leave that before `within` can come below the directory: it, or the first
 * one above it that moves. In the end that is above the directory, and `within` below it, so nobody waits for his own arrival.
 */
export function firstToLeave<Step>(
  directory: NodeId,
  within: NodeId,
  parentOf: (id: NodeId) => NodeId | undefined,
  moveOf: (id: NodeId) => Step | undefined,
): Step | undefined {
  let first: Step | undefined;
  for (let at = directory; at !== ROOT; at = parentOf(at) ?? ROOT) {
    if (at === within) return first;
    first ??= moveOf(at);
  }
  return undefined;
}
