/**
 * Looks at what a killed process left that collected blobs: it opens, each file holds what was saved last or later, each version that is
 * listed can be read and is what somebody saved, and everything follows from the records. Throws with what it found instead.
 */
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { openReplica } from '@evermesh/core';
import { numberOf, pathOf } from './contents.ts';

/**
 * @param saved the last save of each file that was said to be durable
 * @returns how many versions were read
 */
export async function checkBlobs(directory: string, saved: ReadonlyMap<number, number>): Promise<number> {
  await using replica = await openReplica({
    store: levelStore(join(directory, 'store')),
    blobs: fileBlobs(join(directory, 'blobs')),
    // Nothing goes while it is looked at.
    history: 'everything',
  });
  const [known] = replica.folders();
  if (known === undefined) {
    if (saved.size > 0) throw new Error('The folder is gone.');
    return 0;
  }
  const folder = await replica.folder(known.id);
  let versions = 0;
  for (const [file, number] of saved) {
    const path = pathOf(file);
    const last = numberOf(file, await folder.readFile(path));
    if (last < number) throw new Error(`${path}: save ${number} was durable, and it holds ${last}.`);
    for (const version of await folder.versions(path, { all: true })) {
      numberOf(file, await folder.readVersion(path, version));
      versions += 1;
    }
  }
  const [finding] = await folder.verify();
  if (finding !== undefined) throw new Error(`It verifies: ${JSON.stringify(finding)}`);
  return versions;
}
