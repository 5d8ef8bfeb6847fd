/** A process of `npm run sim --jobs`: simulates the worlds that it is given, one at a time, and ends with whoever started it. */
import type { Task } from './jobs.ts';
import { outcomeOf } from './outcome.ts';

process.on('message', async ({ options, directory }: Task) => {
  process.send?.(await outcomeOf(options, directory));
});
process.once('disconnect', () => process.exit());
