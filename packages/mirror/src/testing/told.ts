/** What a device's mirror told. */
import type { MirrorEvent } from '../mirror-event.ts';
import type { TestDevice } from './test-device.ts';

/** Resolves when an event like this was told. */
export async function told(device: TestDevice, is: (event: MirrorEvent) => boolean): Promise<void> {
  for (let seen = 0; ;) {
    for (; seen < device.events.length; seen++) if (is(device.events[seen] as MirrorEvent)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export const change =
  (direction: 'in' | 'out', what: string) =>
  (event: MirrorEvent): boolean =>
    event.type === 'change' && event.direction === direction && `${event.change} ${event.path}` === what;
