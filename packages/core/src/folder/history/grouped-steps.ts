/**
 * Steps as people think of them: what came from one device without a pause is one. An editor that is typed into makes a record of every
 * few characters, and a program that saves by itself one a second; somebody who looks for an earlier version wants neither.
 *
 * Times are by the clocks of authors. One that is wrong makes other groups, and nothing else.
 */
import { type AuthorId, deviceOf } from '../../base/index.ts';
import type { HistoryStep, HistoryUpdate } from '../../log/index.ts';
import { type Heads, raiseHead } from '../../protocol/index.ts';

/** Milliseconds without anything from the device: what comes then is another version. */
const PAUSE = 10_000;
/** Milliseconds that one version takes in at most: whoever types for an hour finds more than the end of it. */
const LONGEST = 300_000;

export async function* groupedSteps(steps: AsyncIterable<HistoryStep>): AsyncGenerator<HistoryStep> {
  let group: Group | undefined;
  for await (const step of steps) {
    if (group !== undefined && goesOn(group, step)) group.add(step);
    else {
      if (group !== undefined) yield group;
      group = new Group(step);
    }
  }
  if (group !== undefined) yield group;
}

/** Whoever's clock stands makes one of all that he ever wrote: a step more costs what the step is. */
class Group implements HistoryStep {
  heads: Heads;
  time: number;
  readonly began: number;
  readonly brings: Map<AuthorId, number>;
  readonly updates: HistoryUpdate[];

  constructor({ heads, time, brings, updates }: HistoryStep) {
    this.heads = heads;
    this.time = time;
    this.began = time;
    this.brings = new Map(brings);
    this.updates = [...updates];
  }

  add({ heads, time, brings, updates }: HistoryStep): void {
    this.heads = heads;
    this.time = time;
    for (const [author, counter] of brings) raiseHead(this.brings, author, counter);
    this.updates.push(...updates);
  }
}

/** The only device of which a step brings something. */
export function deviceIn({ brings }: HistoryStep): ReturnType<typeof deviceOf> | undefined {
  const [device, ...others] = new Set([...brings.keys()].map(deviceOf));
  return others.length > 0 ? undefined : device;
}

function goesOn(group: Group, step: HistoryStep): boolean {
  const device = deviceIn(group);
  if (device === undefined || device !== deviceIn(step)) return false;
  if (Math.abs(step.time - group.began) > LONGEST) return false;
  return group.time > 0 && step.time > 0 && Math.abs(step.time - group.time) <= PAUSE;
}
