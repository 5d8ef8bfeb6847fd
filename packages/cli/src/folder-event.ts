/** Says which folder a directory is, and the command that brings the folder to another device. */
import { basename } from 'node:path';
import type { CliEvent } from './events.ts';
import type { OpenDevice } from './open-device.ts';
import { shellWord } from './printable.ts';
import type { Settings } from './settings.ts';

export function folderEvent(settings: Settings, { folder, replica, created }: OpenDevice): CliEvent {
  const { directory, relay, tokenFile } = settings;
  const words = ['evermesh', 'up', basename(directory) || 'folder', '--relay', relay, '--folder', folder.id];
  if (tokenFile !== undefined) words.push('--token-file', tokenFile);
  return {
    event: 'folder',
    id: folder.id,
    name: folder.name,
    directory,
    device: replica.device.name,
    created,
    join: words.map(shellWord).join(' '),
  };
}
