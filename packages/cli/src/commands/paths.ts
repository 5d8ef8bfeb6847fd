/** `evermesh paths [DIR]`: where things lie, for backups and for curiosity. Nothing is opened or made. */
import { join } from 'node:path';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { recall } from '../settings.ts';

export async function paths(directory: string | undefined, context: CommandContext): Promise<ExitCode> {
  const { config, directories, output } = context;
  const general = { state: config.state, data: config.data, 'relay data': join(config.data, 'relay') };
  if (directory === undefined) {
    output.tell({ event: 'paths', paths: general });
    return EXIT.inStep;
  }
  const settings = await recall(directory, { config, directories });
  const own = {
    directory: settings.directory,
    'remembered in': directories.fileOf(settings.directory),
    data: settings.data,
    store: join(settings.data, 'store'),
    blobs: join(settings.data, 'blobs'),
    ...(settings.tokenFile === undefined ? {} : { 'token file': settings.tokenFile }),
  };
  output.tell({ event: 'paths', paths: own });
  return EXIT.inStep;
}
