/** When a device and a relay hold the same. */
import { isEvermeshError, type Link } from '@evermesh/core';
import type { Scheduler } from './scheduler.ts';

/** A relay that was wiped has the folder again once somebody gave it; what was granted again, and room that was made, is found soon. */
const PASSING: ReadonlySet<string> = new Set(['FOLDER_NOT_FOUND', 'AUTH_DENIED', 'QUOTA_EXCEEDED']);

/** What passes by itself is waited for. */
export async function synced(link: Link, scheduler: Scheduler): Promise<void> {
  for (;;) {
    try {
      return await link.whenSynced();
    } catch (error) {
      const isPassing = isEvermeshError(error) && (error.retryable || PASSING.has(error.code));
      if (!isPassing) throw error;
      await new Promise<void>((resolve) => {
        scheduler.schedule(1000, resolve);
      });
    }
  }
}
