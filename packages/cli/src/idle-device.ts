/**
 * A device that nothing keeps in step at the moment: it is looked at, no link is made, and nothing is changed but what somebody asks to
 * have back.
 */
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { EvermeshError, isEvermeshError, systemClock } from '@evermesh/core';
import { type Mirror, openMirror } from '@evermesh/mirror';
import type { CommandContext } from './command-context.ts';
import { Conflicts } from './conflict-report.ts';
import { mirrorEvent } from './mirror-events.ts';
import { hasArrived, hasStore, type OpenDevice, openDevice } from './open-device.ts';
import { answering } from './answer-questions.ts';
import type { Ask } from './questions.ts';
import type { DeviceOperations } from './device-operations.ts';
import type { Settings } from './settings.ts';
import { SlowProgress } from './slow-progress.ts';
import { otherDevices, statusReport } from './status-report.ts';
import { usageError } from './usage-error.ts';
import { verifyReport } from './verify-report.ts';

/** What can be asked without bringing anything in step. */
export type IdleOperations = Pick<DeviceOperations, 'status' | 'verify' | 'ask' | 'close'>;

/** @throws CONFIG_INVALID if there is nothing to look at; FORMAT_TOO_NEW */
export async function openIdleDevice(
  settings: Settings,
  { output, logger }: CommandContext,
): Promise<IdleOperations> {
  if (!(await hasStore(settings))) {
    throw usageError(
      `The data of ${settings.directory} is not in ${settings.data} any more.`,
      `Bring it back, or run 'evermesh up' to fetch the folder from the relay again.`,
    );
  }
  const progress = new SlowProgress(systemClock, (event) => output.tell(event));
  const device = await openDevice({ ...settings, deviceName: undefined }, logger);
  let mirror: Mirror | undefined;
  try {
    if (device.folder.nodes.failure !== undefined) throw device.folder.nodes.failure;
    // Before the folder has arrived, the directory is not its mirror yet.
    if (hasArrived(device.folder)) mirror = await lookingMirror(settings, device, progress);
  } catch (error) {
    await device.replica.close();
    throw isEvermeshError(error, 'MIRROR_ROOT_INVALID') ? withNextStep(error, settings) : error;
  }
  return new IdleDevice(settings, device, mirror);
}

/** Somebody who only asked has no use for the advice of a mirror that wanted to begin. */
const withNextStep = ({ code, message, details }: EvermeshError, { directory }: Settings): EvermeshError =>
  new EvermeshError(code, message, {
    details: { ...details, next: `Check ${directory}; 'evermesh up' makes it if it was never there.` },
  });

const lookingMirror = (
  { directory }: Settings,
  { folder }: OpenDevice,
  progress: SlowProgress,
): Promise<Mirror> =>
  openMirror({
    folder,
    directory,
    onEvent: (event) => {
      if (event.type !== 'progress') return;
      const told = mirrorEvent(event);
      if (told.event === 'progress') progress.at(told);
    },
  });

class IdleDevice implements IdleOperations {
  readonly ask: Ask;
  readonly #settings: Settings;
  readonly #device: OpenDevice;
  readonly #mirror: Mirror | undefined;

  constructor(settings: Settings, device: OpenDevice, mirror: Mirror | undefined) {
    this.#settings = settings;
    this.#device = device;
    this.#mirror = mirror;
    const { folder, replica } = device;
    const conflicts = new Conflicts(folder, settings);
    this.ask = answering({ folder, replica, conflicts, running: false });
  }

  async status({ signal }: { signal?: AbortSignal | undefined } = {}): ReturnType<IdleOperations['status']> {
    const { relay } = this.#settings;
    const { replica, folder } = this.#device;
    const survey = await this.#mirror?.survey({ signal });
    const onDisk = survey === undefined ? 0 : survey.toFolder + survey.toDisk;
    return statusReport({
      settings: this.#settings,
      replica,
      folder,
      link: { relay, state: 'off' },
      running: false,
      mirror: this.#mirror?.status(),
      pending: { onDisk, ...(await replica.pending(folder.id, webSocketTransport(relay).address)) },
      conflicts: await new Conflicts(folder, this.#settings).reports(),
      devices: await otherDevices(this.#device),
      // Only the relay could say.
      withheld: [],
    });
  }

  verify({ signal }: { signal?: AbortSignal | undefined } = {}): ReturnType<IdleOperations['verify']> {
    if (this.#mirror === undefined) {
      throw usageError(
        `The folder of ${this.#settings.directory} has not arrived yet, so there is nothing to verify.`,
        `Run 'evermesh up' or 'evermesh sync' while the relay can be reached.`,
      );
    }
    return verifyReport(this.#device.folder, this.#mirror, signal);
  }

  async close(): Promise<void> {
    await this.#mirror?.close();
    await this.#device.replica.close();
  }
}
