/** What collects the blobs that nothing in any folder of a replica names: one store has those of all. */
import type { BlobName, FolderId } from '../base/index.ts';
import { type FolderState, namedBlobs } from '../folder/index.ts';
import {
  BlobCollector,
  type BlobCollectorOptions,
  type HistoryPolicy,
  type Retention,
} from '../log/index.ts';

interface CollectorParts extends Omit<BlobCollectorOptions, 'grace' | 'between'> {
  readonly retention: Retention | undefined;
  readonly history: HistoryPolicy | 'everything';
}

interface FoldersHere {
  /** All of them, opened or not. */
  folders(): Iterable<FolderId>;
  state(id: FolderId): FolderState | undefined;
}

/** Milliseconds for which what nothing names stays: a day, or as long as every version is kept, if that is shorter. */
const GRACE = 86_400_000;

/** None where every version is kept: every blob is, then. */
export function collectorOf(
  { retention, history, ...parts }: CollectorParts,
  here: FoldersHere,
): BlobCollector | undefined {
  if (retention === undefined || history === 'everything') return undefined;
  const states = (): (FolderState | undefined)[] => [...here.folders()].map((id) => here.state(id));
  return new BlobCollector(
    { ...parts, grace: Math.min(GRACE, history.everything), between: (work) => retention.between(work) },
    {
      // What is on its way may be named by what is not here.
      isQuiet: () => states().every((state) => state?.debts.wantedBlobs.size === 0),
      names: () => namesIn(states()),
    },
  );
}

async function* namesIn(states: readonly (FolderState | undefined)[]): AsyncGenerator<BlobName> {
  for (const state of states) if (state !== undefined) yield* namedBlobs(state);
}
