/**
 * Steps as people think of them: what came from one device without a pause is one. An editor that is typed into makes a record of every
 * few characters, and a program that saves by itself one a second; somebody who looks for an earlier version wants neither.
 *
 * Times are by the clocks of authors. One that is wrong makes other groups, and nothing else.
 */
import { deviceOf } from '../../base/index.ts';
import type { HistoryStep } from '../../log/index.ts';
import { mergeHeads } from '../../protocol/index.ts';

/** Milliseconds without anything from the device: what comes then is another version. */
const PAUSE = 10_000;
/** Milliseconds that one version takes in at most: whoever types for an hour finds more than the end of it. */
const LONGEST = 300_000;

export async function* groupedSteps(steps: AsyncIterable<HistoryStep>): AsyncGenerator<HistoryStep> {
  let group: HistoryStep | undefined;
  let began = 0;
  for await (const step of steps) {
    if (group !== undefined && goesOn(group, step) && Math.abs(step.time - began) <= LONGEST) {
      const { heads, time } = step;
      const brings = mergeHeads(group.brings, step.brings);
      group = { heads, time, brings, updates: [...group.updates, ...step.updates] };
      continue;
    }
    if (group !== undefined) yield group;
    group = step;
    began = step.time;
  }
  if (group !== undefined) yield group;
}

/** The only device of which a step brings something. */
export function deviceIn({ brings }: HistoryStep): ReturnType<typeof deviceOf> | undefined {
  const [device, ...others] = new Set([...brings.keys()].map(deviceOf));
  return others.length > 0 ? undefined : device;
}

function goesOn(group: HistoryStep, step: HistoryStep): boolean {
  const device = deviceIn(group);
  if (device === undefined || device !== deviceIn(step)) return false;
  return group.time > 0 && step.time > 0 && Math.abs(step.time - group.time) <= PAUSE;
}
