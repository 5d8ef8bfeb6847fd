/** Runs a long computation slice by slice: whoever waits for his turn has it in between. */
import type { Clock } from '../base/index.ts';
import type { Sliced } from '../model/index.ts';

export async function inTurns<Result>(
  computation: Sliced<Result>,
  clock: Pick<Clock, 'turn'>,
): Promise<Result> {
  for (;;) {
    const step = computation.next();
    if (step.done === true) return step.value;
    await clock.turn?.();
  }
}
