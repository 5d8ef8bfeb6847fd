/** `npm run sim`: simulated worlds, many of them or one to be looked at. `--help` says how; exit code 2 is for wrong arguments. */
import { HELP, optionsFrom, WrongArguments } from './options.ts';
import { runMany } from './many-worlds.ts';
import { showOne } from './one-world.ts';

async function main(args: string[]): Promise<number> {
  const options = optionsFrom(args);
  if (options.does === 'runs') return runMany(options);
  if (options.does === 'show') return showOne(options);
  process.stdout.write(HELP);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof WrongArguments)) throw error;
  process.stderr.write(`sim: ${error.message}\nnpm run sim -- --help says what there is.\n`);
  process.exitCode = 2;
}
