/** What a doctor says: what is damaged, where it comes back from, and what does not come back. */
import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { openReplica, type StoreSurvey } from '@evermesh/core';
import { type DocumentId, documentOf, TREE_DOCUMENT } from '@evermesh/core/base';
import type { RecoveryReport } from '../reports.ts';
import type { Settings } from '../settings.ts';
import type { RepairPlace } from './repair-place.ts';

/** Of each file of which not every record is carried over, in the new store that was built. */
export async function recoveries(
  place: RepairPlace,
  survey: StoreSurvey,
  { directory }: Pick<Settings, 'directory'>,
): Promise<RecoveryReport[]> {
  const paths = await pathsIn(place, survey);
  const gone = new Map<DocumentId | undefined, { records: number; isAtRelay: boolean }>();
  for (const { document, isAtRelay } of survey.gone) {
    const before = gone.get(document) ?? { records: 0, isAtRelay: true };
    gone.set(document, { records: before.records + 1, isAtRelay: before.isAtRelay && isAtRelay });
  }
  const all: RecoveryReport[] = [];
  for (const [document, { records, isAtRelay }] of gone) {
    const path = document === undefined ? undefined : paths.get(document);
    // Names and places are on the disk as well, as far as they were shown there.
    const isOnDisk =
      document === TREE_DOCUMENT || (path !== undefined && (await exists(join(directory, path))));
    all.push({
      path: document === TREE_DOCUMENT ? 'the tree' : (path ?? nameOf(document)),
      records,
      from: isAtRelay
        ? 'relay'
        : isOnDisk
          ? 'relay or disk'
          : path === undefined
            ? 'whoever has it'
            : 'relay if it has it',
    });
  }
  return all;
}

const nameOf = (document: DocumentId | undefined): string =>
  document === undefined ? 'documents unknown' : `document ${document}`;

async function pathsIn(place: RepairPlace, { folder }: StoreSurvey): Promise<Map<DocumentId, string>> {
  await using replica = await openReplica({
    store: levelStore(place.building),
    blobs: fileBlobs(join(place.data, 'blobs')),
    history: 'everything',
  });
  const { nodes } = await replica.folder(folder);
  return new Map([...nodes.all()].map(({ id }) => [documentOf(id), nodes.pathOf(id)]));
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
