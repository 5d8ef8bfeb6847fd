/** A store that tears a batch, which none may do: what it leaves beside what is there is no damage, and hides no version. */
import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { documentOf, type FolderId } from '../base/index.ts';
import { documentKey, looseRecords, type StoreOperation } from '../log/index.ts';
import { EAGER, NEVER, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HISTORY = { everything: DAY, thinned: [{ every: DAY, for: 30 * DAY }] };

interface Written {
  /** The rows before, and what was written since, in its order. */
  readonly rows: ReadonlyMap<string, Uint8Array>;
  readonly operations: readonly StoreOperation[];
  /** How many of them are whole batches. */
  readonly ends: ReadonlySet<number>;
  readonly text: string;
  readonly versions: number;
  /** The key of the file's index entry. */
  readonly index: string;
}

/** A file is saved for some days, so that records go again and again, in front of packs and of records that lie alone. */
async function written(packsAt: number): Promise<Written> {
  const clock = new VirtualClock();
  const policy = {
    ...EAGER,
    isDue: (...[index]: Parameters<typeof looseRecords>) => looseRecords(index) >= packsAt,
  };
  const world = await openFolder({ seed: 1, id: ID, name: 'notes', clock, policy, history: HISTORY });
  const { folder, store, retention, compactor } = world;
  const pass = async (hours: number): Promise<void> => {
    for (let hour = 0; hour < hours; hour++) {
      clock.advance(HOUR);
      await folder.flush();
      await retention?.idle();
      await compactor.idle();
    }
  };
  const save = async (day: number): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      await folder.writeFile('f.md', `day ${day}, ${i}\n${`line of ${i}\n`.repeat(i)}`);
      await pass(6);
    }
  };
  for (let day = 0; day < 4; day++) await save(day);
  const [rows, operations, ends] = [new Map(store.rows), [] as StoreOperation[], new Set([0])];
  const batch = store.batch.bind(store);
  Object.assign(store, {
    batch: (batched: StoreOperation[], options: { sync: boolean }) => {
      operations.push(...batched);
      ends.add(operations.length);
      return batch(batched, options);
    },
  });
  const text = await folder.readFile('f.md', 'utf8');
  await pass(12);
  const { length: versions } = await folder.versions('f.md');
  await Promise.all([retention?.close(), compactor.close()]);
  const index = documentKey(ID, documentOf((await folder.stat('f.md')).id));
  return { rows, operations, ends, text, versions, index };
}

/** In the batch that is torn, the index entry is written, or it has none. */
function isBehindIndex({ operations, ends, index }: Written, cut: number): boolean {
  const begin = Math.max(...[...ends].filter((end) => end < cut));
  const end = Math.min(...[...ends].filter((each) => each > cut));
  const at = operations.slice(begin, end).findIndex(({ key }) => key === index);
  return begin + at < cut;
}

function tornAt({ rows, operations }: Written, cut: number): Map<string, Uint8Array> {
  const torn = new Map(rows);
  for (const one of operations.slice(0, cut))
    if (one.type === 'put') torn.set(one.key, one.value);
    else torn.delete(one.key);
  return torn;
}

/** Nothing is compacted and nothing goes: what the store left stays as it is. */
const opened = (rows: Map<string, Uint8Array>): Promise<TestFolder> =>
  openFolder({ seed: 2, id: ID, rows, policy: NEVER });

test.each([2, 3, 5, 9, 1000])(
  'wherever a store tears what is written when records go, packed at %i, the file is there, and once it is known what went, it is whole',
  async (packsAt) => {
    const was = await written(packsAt);
    const seen = { before: 0, behind: 0 };
    for (let cut = 0; cut <= was.operations.length; cut++) {
      const { folder } = await opened(tornAt(was, cut));
      expect(await folder.readFile('f.md', 'utf8'), `${cut}`).toBe(was.text);
      const whats = (await folder.verify()).map(({ what }) => what);
      const isKnown = was.ends.has(cut) || isBehindIndex(was, cut);
      if (!was.ends.has(cut)) seen[isKnown ? 'behind' : 'before'] += 1;
      if (isKnown) {
        expect(whats, `${cut}`).toEqual([]);
        expect((await folder.versions('f.md')).length, `${cut}`).toBeGreaterThanOrEqual(was.versions);
      } else for (const what of whats) expect(['state differs', 'index differs'], `${cut}`).toContain(what);
    }
    expect(seen.before).toBeGreaterThan(3);
    expect(seen.behind).toBeGreaterThan(3);
  },
);
