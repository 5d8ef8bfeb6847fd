/** Asks the device of a directory: a running `up`, or else the store itself, opened for as long as the answer takes. */
import type { CommandContext } from './command-context.ts';
import { askRunning } from './control-client.ts';
import { deviceStoreError } from './data-directory.ts';
import { type IdleOperations, openIdleDevice } from './idle-device.ts';
import { recall, type Settings } from './settings.ts';

export async function askDevice<Answer>(
  path: string,
  context: CommandContext,
  ask: (device: IdleOperations) => Promise<Answer>,
): Promise<Answer> {
  return askDeviceOf(await recall(path, context), context, ask);
}

/** The same, of a directory that is found already. */
export async function askDeviceOf<Answer>(
  settings: Settings,
  context: CommandContext,
  ask: (device: IdleOperations) => Promise<Answer>,
): Promise<Answer> {
  const running = await askRunning({ data: settings.data, onEvent: onProgress(context) });
  if (running !== undefined) return ask(running);
  try {
    const device = await openIdleDevice(settings, context);
    try {
      return await ask(device);
    } finally {
      await device.close();
    }
  } catch (error) {
    throw deviceStoreError(error, settings);
  }
}

const onProgress =
  ({ output }: CommandContext): ((event: Parameters<typeof output.tell>[0]) => void) =>
  (event) => {
    if (event.event === 'progress') output.tell(event);
  };
