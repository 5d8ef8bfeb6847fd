/** A process of `npm run sim --jobs`: simulates the worlds that it is given, one at a time, and ends with whoever started it. */
import type { Task } from './jobs.ts';
import { outcomeOf } from './outcome.ts';

// What goes wrong in it ends the process, which is how the other side hears of it.
process.on('message', (task: Task) => void answer(task));
process.once('disconnect', () => process.exit());

async function answer({ options, directory }: Task): Promise<void> {
  process.send?.(await outcomeOf(options, directory));
}
