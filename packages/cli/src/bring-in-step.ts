/**
 * One `sync`: what is on disk goes into the folder and to the relay, what the relay has comes to the disk, until neither
 * side moves the other any more.
 */
import type { MirrorStatus } from '@evermesh/mirror';
import { relayBrings, type RelayWait } from './relay-wait.ts';
import type { LinkWatch } from './link-watch.ts';

/** Passes over the directory. Two suffice when nobody edits meanwhile; somebody may, and must not hold it for ever. */
const PASSES = 10;

export interface StepResult {
  readonly inStep: boolean;
  readonly changes: number;
}

export async function bringInStep(
  mirror: {
    settle(options: { signal?: AbortSignal | undefined }): Promise<number>;
    status(): Pick<MirrorStatus, 'notHere'>;
  },
  link: LinkWatch,
  options: RelayWait,
): Promise<StepResult> {
  const { signal } = options;
  let changes = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    const made = await mirror.settle({ signal });
    changes += made;
    // The relay held the same before this look, and the look found nothing: both hold at once.
    // Contents that are missing then come when the device that has them meets the relay: nobody knows when that is.
    if (pass > 0 && made === 0 && (link.isSynced || link.isStalled))
      return { inStep: link.isSynced && mirror.status().notHere.length === 0, changes };
    if (!(await relayBrings(link, () => link.isSynced || link.isStalled, options)))
      return { inStep: false, changes };
  }
  return { inStep: false, changes };
}
