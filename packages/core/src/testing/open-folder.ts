/** Replicas for the tests of core, and a way to hand records from one to the other without a network. */
import type { BodyPolicy, Folder } from '../folder/index.ts';
import type { DeviceId, FolderId } from '../base/index.ts';
import {
  BlobCollector,
  Committer,
  type CompactionPolicy,
  type CompactionRunner,
  Compactor,
  Contents,
  type HistoryPolicy,
  inlineCompaction,
  looseRecords,
  openStore,
  type Retention,
  retentionOf,
} from '../log/index.ts';
import { documentCodec } from '../model/index.ts';
import { NO_HEADS } from '../protocol/index.ts';
import {
  authorOf,
  type Clock,
  type Logger,
  newDeviceId,
  newRunId,
  silentLogger,
  systemClock,
} from '../base/index.ts';
import { Folder as FolderClass, FolderState, namedBlobs, startFolder } from '../folder/index.ts';
import { memoryStore, type MemoryStore } from './memory-store.ts';
import { seededRandom } from './seeded-random.ts';

export interface TestFolder {
  readonly state: FolderState;
  readonly folder: Folder;
  readonly store: MemoryStore;
  readonly compactor: Compactor;
  readonly retention: Retention | undefined;
  /** Where history is kept within bounds. */
  readonly collector: BlobCollector | undefined;
}

/** Compacts at once whatever can be, and lets go whatever may. */
export const EAGER: CompactionPolicy = {
  isDue: (index) => looseRecords(index) >= 2,
  isOverdue: () => true,
  isWorthTrimming: () => true,
};
/** As if there were no compaction. */
export const NEVER: CompactionPolicy = { isDue: () => false, isOverdue: () => false };

/**
 * A folder in a run of its own. `seed` decides every identity but that of the device, if that is another one's; `name` makes it a
 * new folder, else it awaits records.
 */
export async function openFolder(options: {
  seed: number;
  id: FolderId;
  name?: string;
  device?: DeviceId;
  rows?: Map<string, Uint8Array>;
  /** Default: nothing is compacted. */
  policy?: CompactionPolicy;
  runner?: CompactionRunner;
  logger?: Logger;
  /** Of records. */
  clock?: Clock;
  bodies?: BodyPolicy;
  /** Default: every record is kept. */
  history?: HistoryPolicy;
}): Promise<TestFolder> {
  const random = seededRandom(options.seed);
  const store = memoryStore(options.rows);
  await openStore(store);
  const committer = new Committer(store);
  const {
    policy = NEVER,
    runner = inlineCompaction(documentCodec, systemClock),
    logger = silentLogger,
    clock = systemClock,
  } = options;
  const compactor = new Compactor({ runner, policy, clock: systemClock, logger });
  const contents = new Contents(store, committer);
  const kept = { store, committer, compactor, clock, logger, contents };
  const history = options.history ?? 'everything';
  const retention = retentionOf(kept, history);
  const state = await FolderState.open({
    retention,
    id: options.id,
    author: authorOf(options.device ?? newDeviceId(random), newRunId(random)),
    store,
    committer,
    contents,
    compactor,
    clock,
    random,
    logger,
    bodies: options.bodies,
  });
  if (options.name !== undefined)
    await startFolder(state, { name: options.name, secret: 'sixteen-bytes-000' }, []);
  const collector =
    retention === undefined || history === 'everything'
      ? undefined
      : new BlobCollector(
          {
            ...kept,
            large: undefined,
            grace: history.everything,
            between: (work) => retention.between(work),
          },
          {
            isQuiet: () => state.debts.wantedBlobs.size === 0,
            names: () => namedBlobs(state),
          },
        );
  await collector?.begin();
  return { state, folder: new FolderClass(state), store, compactor, retention, collector };
}

/** Gives `to` every record of `from` that it lacks, blobs too. Returns how many it took. */
export async function deliver(from: TestFolder, to: TestFolder): Promise<number> {
  await from.folder.flush();
  let taken = 0;
  for (const index of [...from.state.log.documents()]) {
    for await (const { record } of from.state.log.read.document(index.document, NO_HEADS)) {
      for (const name of record.header.blobs) await to.folder.blobs.write(from.folder.blobs.read(name), name);
      const { outcomes, durable } = to.state.log.append([record]);
      await durable;
      if (outcomes[0]?.type === 'stored') taken += 1;
    }
  }
  return taken;
}

export async function exchange(a: TestFolder, b: TestFolder): Promise<void> {
  while ((await deliver(a, b)) + (await deliver(b, a)) > 0);
}

/** Everything a folder shows: path to content, `/` for a directory. */
export async function listing({ folder }: TestFolder): Promise<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const node of folder.nodes.all()) {
    const path = folder.nodes.pathOf(node.id);
    if (node.kind === 'directory') shown[path] = '/';
    else {
      const content = await folder.nodes.content(node.id);
      shown[path] =
        content === undefined
          ? '?'
          : content.content.kind === 'text'
            ? content.content.text
            : content.content.name;
    }
  }
  return shown;
}
