/** When a device and a relay hold the same. */
import { isEvermeshError, type Link } from '@evermesh/core';
import type { Scheduler } from './scheduler.ts';

/** What passes by itself is waited for: a relay that was wiped has the folder again once somebody gave it. */
export async function synced(link: Link, scheduler: Scheduler): Promise<void> {
  for (;;) {
    try {
      return await link.whenSynced();
    } catch (error) {
      const isPassing = isEvermeshError(error) && (error.retryable || error.code === 'FOLDER_NOT_FOUND');
      if (!isPassing) throw error;
      await new Promise<void>((resolve) => {
        scheduler.schedule(1000, resolve);
      });
    }
  }
}
