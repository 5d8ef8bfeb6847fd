/**
 * Every row of a store, lost or altered, one at a time. As it is, the replica opens and everything is whole, or what is damaged is
 * named; and what a survey and a rebuilding carry over is true, and misses no more than what the row took with it.
 */
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FolderId, systemClock, TREE_DOCUMENT } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { entriesOf, isPackKey } from '../log/index.ts';
import { decodeRecord } from '../protocol/index.ts';
import { type MemoryStore, memoryStore } from '../testing/memory-store.ts';
import { EAGER, openFolder } from '../testing/open-folder.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { openReplica, rebuildStore, surveyStore } from './index.ts';

const ADDRESS = 'ws://relay';
const PLACES = Number(process.env['PROP_RUNS'] ?? 1) * 3;

interface Shown {
  readonly files: Record<string, string>;
  /** What was not opened, or verified, as it should be: codes and findings. */
  readonly named: readonly string[];
}

let whole: MemoryStore;
let folder: FolderId;
let shown: Record<string, string>;

beforeAll(async () => {
  whole = memoryStore();
  for (const seed of [1, 2, 3]) {
    const replica = await openReplica({ store: whole, random: seededRandom(seed), deviceName: 'laptop' });
    const [entry] = replica.folders();
    const opened =
      entry === undefined ? await replica.createFolder({ name: 'notes' }) : await replica.folder(entry.id);
    folder = opened.id;
    for (const name of ['a', 'b']) {
      await opened.writeFile(`${name}.txt`, `${name} as it was in run ${seed}\n`.repeat(20));
      await opened.writeFile(`in/${name}.bin`, Uint8Array.of(0, seed, ...new Uint8Array(40).fill(9)));
    }
    await opened.rename('a.txt', `was-a-${seed}.txt`);
    await replica.close();
  }
  shown = (await show(whole)).files;
  await compact(whole);
  expect([...whole.rows.keys()].some(isPackKey)).toBe(true);
});

/** From here on a part of the records lies in packs. */
async function compact({ rows }: MemoryStore): Promise<void> {
  const opened = await openFolder({ seed: 4, id: folder, rows, policy: EAGER });
  await opened.compactor.idle();
  await opened.compactor.close();
}

/** What a person sees of a store, all of it read; every error has to have a code. */
async function show(store: MemoryStore): Promise<Shown> {
  const named: string[] = [];
  const files: Record<string, string> = {};
  try {
    await using replica = await openReplica({ store, random: seededRandom(9), clock: systemClock });
    const opened = await replica.folder(folder);
    if (!opened.nodes.ready) named.push('FOLDER_NOT_READY');
    for (const node of opened.nodes.all()) {
      const path = opened.nodes.pathOf(node.id);
      if (node.kind === 'directory') files[path] = '/';
      else {
        const content = await opened.readFile(path).catch((error: unknown) => {
          if (!isEvermeshError(error)) throw error;
          named.push(error.code);
          return undefined;
        });
        if (content !== undefined) files[path] = Buffer.from(content).toString('latin1');
      }
    }
    for (const { what } of await opened.verify()) named.push(what);
    await replica.pending(folder, ADDRESS);
  } catch (error) {
    if (!isEvermeshError(error)) throw error;
    named.push(error.code);
  }
  return { files, named };
}

/** The rows that the last run left behind, in order, and what may become of each. */
function* damages(): Generator<{ what: string; key: string; rows: Map<string, Uint8Array> }> {
  for (const [key, value] of whole.rows) {
    const gone = new Map(whole.rows);
    gone.delete(key);
    yield { what: `${key} is gone`, key, rows: gone };
    const random = seededRandom(key.length + value.byteLength);
    for (let place = 0; place < Math.min(PLACES, value.byteLength); place++) {
      const [high = 0, low = 0, bit = 0] = random.bytes(3);
      const at = (high * 256 + low) % value.byteLength;
      const altered = value.slice();
      altered[at] = (altered[at] ?? 0) ^ (1 << (bit % 8));
      yield { what: `${key} has another byte ${at}`, key, rows: new Map(whole.rows).set(key, altered) };
    }
  }
}

/** Whose each record is, and what it says. */
const recordsOf = ({ rows }: Pick<MemoryStore, 'rows'>): string[] =>
  [...rows]
    .filter(([key]) => key.includes('/r/'))
    .flatMap(([key, row]) => entriesOf(key, row))
    .map(({ bytes }) => {
      const { document, author, counter, bodyDigest } = decodeRecord(bytes).header;
      return `${document} ${author} ${counter} ${Buffer.from(bodyDigest).toString('hex')}`;
    });

/** Rows whose loss takes nothing from anybody: who it is and what it is called is known again, or asked for. */
const isOfNoFile = (key: string): boolean => key.startsWith('replica/') || key.endsWith('/a');

describe('a store in which one row is lost or altered', () => {
  test('shows everything, or names what is damaged, and shows the rest', async () => {
    const silent: string[] = [];
    let named = 0;
    for (const { what, key, rows } of damages()) {
      const found = await show(memoryStore(new Map(rows)));
      if (found.named.length > 0) {
        named += 1;
        // Nothing that is shown is other than somebody wrote it.
        continue;
      }
      if (isOfNoFile(key)) continue;
      if (!isDeepStrictEqual(found.files, shown)) silent.push(what);
    }
    expect(silent).toEqual([]);
    expect(named).toBeGreaterThan(50);
  });

  test('gives to a new one every record that proves itself, and asks for what is gone', async () => {
    const written = new Set(recordsOf(whole));
    for (const { what, key, rows } of damages()) {
      const from = memoryStore(rows);
      const to = memoryStore();
      const random = seededRandom(5);
      const survey = await surveyStore({ store: from, folder, address: ADDRESS, random });
      const options = { survey, from, to, random, blobs: { size: async () => undefined } };
      const { missing } = await rebuildStore(options);
      const carried = recordsOf(to);
      for (const record of carried) expect(written, what).toContain(record);
      const found = await show(to);
      const isOfRecord = key.includes('/r/');
      // One document follows none of another: of the others nothing is missing.
      const document = isOfRecord ? key.split('/')[3] : undefined;
      const others = [...written].filter((record) => !record.startsWith(`${document} `));
      expect(carried.length, what).toBeGreaterThanOrEqual(others.length);
      // Of a record's header, its author, its number and its document are proven; the time, for instance, is not.
      if (carried.length < written.size || what.endsWith('/l is gone'))
        expect(survey.owed.size, what).toBeGreaterThan(0);
      if (!isOfRecord) expect(carried, what).toHaveLength(written.size);
      if (key.startsWith('blob/')) expect([...missing], what).toHaveLength(1);
      // What is left is whole in itself, and is not used before it is known whether there is more of its tree.
      expect(
        found.named.filter(
          (name) => !['FOLDER_NOT_READY', 'CONTENT_NOT_HERE', 'BLOB_NOT_FOUND'].includes(name),
        ),
        what,
      ).toEqual([]);
      expect(found.named.includes('FOLDER_NOT_READY'), what).toBe(survey.owed.has(TREE_DOCUMENT));
    }
  });

  test('is carried over whole if nothing is damaged', async () => {
    const to = memoryStore();
    const random = seededRandom(5);
    const survey = await surveyStore({ store: whole, folder, address: ADDRESS, random });
    expect(survey.gone).toEqual([]);
    const before = new Map(whole.rows);
    await rebuildStore({
      survey,
      from: whole,
      to,
      random,
      blobs: { size: async () => undefined },
    });
    expect(whole.rows).toEqual(before);
    expect(await show(to)).toEqual({ files: shown, named: [] });
    const authors = new Set(recordsOf(to).map((record) => record.split(' ')[1]));
    expect(authors.size).toBe(3);
  });
});
