/** What the suite of logs has in common: records, a log over a store, and what is seen of it. */
import {
  authorOf,
  type AuthorId,
  type DeviceId,
  type DocumentId,
  type Epoch,
  type FolderId,
  type RunId,
  systemRandom,
  utf8,
} from '@evermesh/core/base';
import { Committer, FolderLog, openStore, type Outcome, type Store } from '@evermesh/core/log';
import { type AtomicGroup, type LogRecord, makeRecord } from '@evermesh/core/protocol';
import type { StorePlace } from './store-contract.ts';
import type { TestFunctions } from './test-functions.ts';

/** Opens the log of a folder over a store that nobody has opened yet. */
export type OpenLog = (store: Store, options: OpenLogOptions) => Promise<FolderLog>;

export interface OpenLogOptions {
  readonly folder: FolderId;
  readonly renewEpoch: boolean;
}

export const FOLDER = 'f0'.repeat(16) as FolderId;
const author = (digit: string): AuthorId => authorOf(digit.repeat(32) as DeviceId, 'a'.repeat(16) as RunId);
export const ANN: AuthorId = author('1');
export const BEN: AuthorId = author('2');
export const idOf = (document: string): DocumentId => document as DocumentId;

export const openFolderLog: OpenLog = async (unopened, options) => {
  const store = await openStore(unopened);
  return FolderLog.open({ ...options, store, committer: new Committer(store), random: systemRandom });
};

/** What a part of the suite is declared with. */
export interface LogSuite {
  readonly test: TestFunctions['test'];
  readonly newPlace: () => Promise<StorePlace>;
  readonly open: OpenLog;
  /** A test with a log in an empty place. `under` puts another store between the two. */
  readonly promise: (
    title: string,
    body: (log: FolderLog, store: Store, place: StorePlace) => Promise<void>,
    under?: (store: Store) => Store,
  ) => void;
  /** Opens the log of a place, and closes the store after it. */
  readonly opened: (
    place: StorePlace,
    body: (log: FolderLog) => Promise<void>,
    renewEpoch?: boolean,
  ) => Promise<void>;
}

export function logSuite(newPlace: LogSuite['newPlace'], test: LogSuite['test'], open: OpenLog): LogSuite {
  return {
    test,
    newPlace,
    open,
    promise: (title, body, under = (store) => store) => {
      test(title, async () => {
        const place = await newPlace();
        const store = under(place.store());
        try {
          await body(await open(store, { folder: FOLDER, renewEpoch: false }), store, place);
        } finally {
          await store.close().catch(() => undefined);
          await place.remove();
        }
      });
    },
    opened: async (place, body, renewEpoch = false) => {
      const store = place.store();
      try {
        await body(await open(store, { folder: FOLDER, renewEpoch }));
      } finally {
        await store.close();
      }
    },
  };
}

export function record(
  by: AuthorId,
  document: string,
  counter: number,
  prev: number,
  more: { group?: AtomicGroup; body?: string } = {},
): LogRecord {
  const { group, body = `${by} ${counter}` } = more;
  return makeRecord({
    folder: FOLDER,
    document: idOf(document),
    author: by,
    counter,
    prev,
    time: 0,
    body: utf8(body),
    ...(group && { group }),
  });
}

export const typesOf = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ type }) => type);

/** Every record of a log in its order: place, document, author's first digit, counter. */
export async function placesOf(log: FolderLog): Promise<string[]> {
  const places: string[] = [];
  for await (const { seq, document } of log.read.order(0)) {
    const stored = await log.read.record(document, seq);
    const { author: by = '?', counter } = stored?.record.header ?? {};
    places.push(`${seq} ${document} ${by[0]}${counter}`);
  }
  return places;
}

/** Everything a log says of itself without reading a record. */
export function indexOf(log: FolderLog): { readonly epoch: Epoch; readonly index: unknown } {
  const documents = [...log.documents()]
    .map(({ heads, ...index }) => ({ ...index, heads: [heads.get(ANN), heads.get(BEN)] }))
    .sort((a, b) => (a.document < b.document ? -1 : 1));
  const counters = [log.lastCounter(ANN), log.lastCounter(BEN)];
  return { epoch: log.epoch, index: { position: log.position, documents, counters } };
}

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
