/** What a folder and a peer still owe each other, as the store has it: a link need not be open, nor ever have been. */
import { type DeviceId, deviceOf } from '../base/index.ts';
import { ANY_PEER, readProgress, type StoredRecord } from '../log/index.ts';
import { placesOf, recordAt } from './own-log.ts';
import { peerNameOf } from './peer-name.ts';
import { ReceivedPlaces } from './received-places.ts';
import type { SyncedFolder } from './synced-folder.ts';

export interface Pending {
  /**
   * Records of this device, of any run, that are durable here and that the peer has not acknowledged; but for those of removed files,
   * which are sent, and which nobody waits for.
   */
  readonly toRelay: number;
  /** Documents that the peer announced, or that any is to be asked for, and blobs that records name, which are wanted and not here. */
  readonly fromRelay: number;
}

/**
 * `address`: that of the peer's transport. Before the first connection every own record counts.
 * @throws STORE_CORRUPT if one is lost
 */
export async function pendingWith(folder: SyncedFolder, address: string): Promise<Pending> {
  const peer = peerNameOf(address);
  // What the peer acknowledged a moment ago is not in the store yet. A store that takes no more has what it has.
  if (folder.committer.failure === undefined) await folder.committer.idle();
  const progress = await readProgress(folder.store, folder.id, peer);
  let toRelay = 0;
  const received = new ReceivedPlaces(progress?.received);
  for await (const { seq, document } of placesOf(folder.log, progress?.acknowledged ?? 0)) {
    if (received.holds(folder.log, document, seq) || folder.isGone(document)) continue;
    const stored = await recordAt(folder.log, document, seq);
    if (stored !== undefined && isOf(folder.device, stored)) toRelay += 1;
  }
  const { debts } = folder;
  const documents = debts.dueCount(peer) + debts.dueCount(ANY_PEER);
  return { toRelay, fromRelay: documents + debts.wantedBlobs.size };
}

/** Whether this device wrote it, or some of what it stands for. */
function isOf(device: DeviceId, { record: { header }, standsFor }: StoredRecord): boolean {
  const authors = standsFor === undefined ? [header.author] : [...header.covers.keys()];
  return authors.some((author) => deviceOf(author) === device);
}
