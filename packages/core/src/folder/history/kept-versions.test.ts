import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { documentOf, type FolderId, fromUtf8, type NodeId, TREE_DOCUMENT } from '../../base/index.ts';
import {
  type DocumentIndex,
  historyKey,
  isStandInKey,
  looseRecords,
  orderPrefix,
  progressRow,
  recordPrefix,
  stateKey,
  type StoreOperation,
} from '../../log/index.ts';
import type { FileVersion } from './file-version.ts';
import { type Heads, makeSnapshot } from '../../protocol/index.ts';
import { surveyStore } from '../../replica/survey-store.ts';
import { EAGER, openFolder, type TestFolder } from '../../testing/open-folder.ts';
import { seededRandom } from '../../testing/seeded-random.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const POLICY = {
  everything: DAY,
  thinned: [
    { every: DAY, for: 5 * DAY },
    { every: 10 * DAY, for: 30 * DAY },
  ],
};

interface Aged extends TestFolder {
  readonly clock: VirtualClock;
  readonly pass: (milliseconds: number) => Promise<void>;
}

async function aged(
  rows?: Map<string, Uint8Array>,
  clock = new VirtualClock(),
  policy = EAGER,
): Promise<Aged> {
  const made = rows === undefined ? { seed: 1, name: 'notes' } : { seed: 2, rows };
  const folder = await openFolder({ id: ID, clock, policy, history: POLICY, ...made });
  const settled = async (): Promise<void> => {
    await folder.folder.flush();
    await folder.retention?.idle();
    await folder.compactor.idle();
  };
  await settled();
  return {
    ...folder,
    clock,
    pass: async (milliseconds) => {
      for (let left = milliseconds; left > 0; left -= HOUR) {
        clock.advance(Math.min(left, HOUR));
        await settled();
      }
    },
  };
}

/** Saves a file three times a day. */
async function saves(world: Aged, path: string, days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    for (const save of ['a', 'b', 'c']) {
      await world.folder.writeFile(path, `day ${day}${save}\nstays\n`);
      await world.pass(6 * HOUR);
    }
    await world.pass(6 * HOUR);
  }
}

async function textsOf({ folder }: TestFolder, path: string): Promise<string[]> {
  const texts: string[] = [];
  for (const version of await folder.versions(path)) {
    const text = fromUtf8(await folder.readVersion(path, version));
    texts.push(text?.slice(0, -7) ?? 'no text');
  }
  return texts;
}

const keysIn = ({ store }: TestFolder, prefix: string): string[] =>
  [...store.rows.keys()].filter((key) => key.startsWith(prefix));

const idOf = async ({ folder }: TestFolder, path: string): Promise<NodeId> => (await folder.stat(path)).id;

const headsNow = async (world: TestFolder, path: string): Promise<Heads> =>
  world.folder.nodes.headsOf(await idOf(world, path));

test('every version is there for a day, then the last of each day, then of each ten days', async () => {
  const world = await aged();
  await saves(world, 'f.md', 22);
  // The clock of tests begins at 22:13 in the evening: the first save of a day is the last of that day of the calendar.
  const expected = ['21c', '21b', '21a', '20c', '20a', '19a', '18a', '17a', '16a', '14a', '4a'];
  expect(await textsOf(world, 'f.md')).toEqual(expected.map((save) => `day ${save}`));
  expect(await world.folder.verify()).toEqual([]);
  const document = documentOf(await idOf(world, 'f.md'));
  expect(keysIn(world, recordPrefix(ID, document)).length).toBeLessThan(8);
  expect(keysIn(world, orderPrefix(ID)).length).toBeLessThan(12);
});

test('versions of a file that is seldom saved are kept by when they were made, whenever their records go', async () => {
  const world = await aged();
  const { nodes } = world.folder;
  await world.folder.writeFile('f.md', 'day 0\nstays\n');
  const id = await idOf(world, 'f.md');
  let isHeld = true;
  nodes.shows((node) => isHeld && node === id);
  for (let day = 1; day < 5; day++) {
    await world.pass(DAY);
    await world.folder.writeFile('f.md', `day ${day}\nstays\n`);
    await world.folder.writeFile('other.md', `day ${day}\n`);
  }
  await world.pass(DAY);
  isHeld = false;
  await world.pass(HOUR);
  expect(keysIn(world, historyKey(ID, documentOf(id)))).toHaveLength(1);
  expect(await textsOf(world, 'f.md')).toEqual([4, 3, 2, 1, 0].map((day) => `day ${day}`));
});

test('an old version that is kept comes back, also after a restart', async () => {
  const before = await aged();
  await saves(before, 'f.md', 10);
  await before.retention?.close();
  await before.compactor.close();
  const world = await aged(before.store.rows, before.clock);
  const oldest = (await world.folder.versions('f.md')).at(-1) as FileVersion;
  const text = fromUtf8(await world.folder.readVersion('f.md', oldest));
  expect(text).toMatch(/^day [0-5]/);
  expect(oldest.time).toBeLessThan(world.clock.now() - 4 * DAY);
  await world.folder.restore('f.md', { version: oldest });
  expect(await world.folder.readFile('f.md', 'utf8')).toBe(text);
});

test('who wrote what went numbers on, and whatever claims to stand for what he has yet to write is refused by name', async () => {
  const world = await aged();
  await saves(world, 'f.md', 4);
  const document = documentOf(await idOf(world, 'f.md'));
  expect(keysIn(world, recordPrefix(ID, document)).some(isStandInKey)).toBe(true);
  await world.folder.writeFile('f.md', 'more\n');
  const { author } = world.state.options;
  const written = world.state.log.lastCounter(author);
  expect((await headsNow(world, 'f.md')).get(author)).toBe(written);
  const heads = { folder: ID, document, blobs: [], body: Uint8Array.of(0, 0, 0) };
  const claim = makeSnapshot({ ...heads, covers: new Map([[author, written + 1]]) });
  await world.state.log.append([claim]).durable;
  await expect(world.folder.writeFile('f.md', 'most\n')).rejects.toMatchObject({ code: 'DEVICE_FORKED' });
  expect(world.state.log.lastCounter(author)).toBe(written);
});

test('where nobody saves any more, versions get fewer with time alone, and the last stays', async () => {
  const world = await aged();
  await saves(world, 'f.md', 4);
  await world.pass(2 * DAY);
  const some = await textsOf(world, 'f.md');
  expect(some.length).toBeGreaterThan(2);
  await world.pass(35 * DAY);
  expect(await textsOf(world, 'f.md')).toEqual(['day 3c']);
  expect((await world.folder.versions('f.md'))[0]).toMatchObject({ device: world.state.device });
  expect(await world.folder.verify()).toEqual([]);
});

test('a save of what was shown before that went is refused by name, and nothing else is done', async () => {
  const world = await aged();
  await world.folder.writeFile('f.md', 'one\n');
  const shown = await headsNow(world, 'f.md');
  await saves(world, 'f.md', 4);
  const now = await world.folder.readFile('f.md', 'utf8');
  const save = {
    ...{ type: 'save' as const, id: await idOf(world, 'f.md'), shown },
    content: { kind: 'text' as const, text: 'one\ntwo\n' },
  };
  const { failures } = await world.folder.nodes.apply([save]);
  expect(failures.get(0)).toMatchObject({ code: 'VERSION_NOT_FOUND' });
  expect(await world.folder.readFile('f.md', 'utf8')).toBe(now);
});

test('a save of what was shown is refused by name, too, when that goes while it is read', async () => {
  let compacts = true;
  const policy = { ...EAGER, isDue: (index: DocumentIndex) => compacts && looseRecords(index) >= 2 };
  const world = await aged(undefined, undefined, policy);
  const { folder, store } = world;
  let isShown = true;
  folder.nodes.shows(() => isShown);
  for (const text of ['one\n', 'one\ntwo\n']) await folder.writeFile('f.md', text);
  await world.pass(HOUR);
  const id = await idOf(world, 'f.md');
  const key = stateKey(ID, documentOf(id));
  expect(keysIn(world, key)).toHaveLength(1);
  compacts = false;
  await folder.writeFile('f.md', 'one\ntwo\nthree\n');
  const shown = await headsNow(world, 'f.md');
  await folder.writeFile('f.md', 'one\ntwo\nthree\nfour\n');
  await world.pass(2 * HOUR);
  await folder.writeFile('other.md', 'other\n');
  await world.pass(2 * DAY);
  const get = store.get.bind(store);
  store.get = async (asked) => {
    const row = await get(asked);
    if (asked !== key || !isShown) return row;
    isShown = false;
    await world.pass(2 * HOUR);
    expect(keysIn(world, key)).toEqual([]);
    return row;
  };
  const content = { kind: 'text' as const, text: 'one\ntwo\nthree\nmore\n' };
  const { failures } = await folder.nodes.apply([{ type: 'save', id, shown, content }]);
  expect(isShown).toBe(false);
  expect(failures.get(0)).toMatchObject({ code: 'VERSION_NOT_FOUND' });
  expect(await folder.readFile('f.md', 'utf8')).toBe('one\ntwo\nthree\nfour\n');
});

test('what a disk shows stays, so that its next save deletes only what it showed', async () => {
  const world = await aged();
  await world.folder.writeFile('f.md', 'one\n');
  const [id, shown] = [await idOf(world, 'f.md'), await headsNow(world, 'f.md')];
  const stop = world.folder.nodes.shows(
    (node, covers) =>
      node === id && [...covers].some(([author, counter]) => (shown.get(author) ?? 0) < counter),
  );
  await saves(world, 'f.md', 4);
  await saves(world, 'other.md', 4);
  expect(await textsOf(world, 'f.md')).toHaveLength(12);
  expect((await textsOf(world, 'other.md')).length).toBeLessThan(12);
  stop();
  const { failures } = await world.folder.nodes.apply([
    { type: 'save', id, shown, content: { kind: 'text', text: 'one\nmore\n' } },
  ]);
  expect(failures.size).toBe(0);
  expect(await world.folder.readFile('f.md', 'utf8')).toContain('day 3c');
});

test('while something has rows in the store, and does not say what it shows, every record stays', async () => {
  const world = await aged();
  const { nodes } = world.folder;
  await nodes.keep([nodes.row('somebody', 'shows', Uint8Array.of(1))]);
  await saves(world, 'f.md', 4);
  expect(await textsOf(world, 'f.md')).toHaveLength(12);
  nodes.shows(() => false);
  await world.pass(2 * HOUR);
  expect((await textsOf(world, 'f.md')).length).toBeLessThan(9);
});

test('what a disk showed stays when it says no more what that is, while it is looked at what may go', async () => {
  const world = await aged();
  const { nodes } = world.folder;
  await nodes.keep([nodes.row('somebody', 'shows', Uint8Array.of(1))]);
  const files = ['e.md', 'f.md', 'g.md'];
  for (const file of files) await saves(world, file, 2);
  let asked = 0;
  const stop = nodes.shows(() => {
    asked += 1;
    stop();
    return true;
  });
  await world.pass(2 * HOUR);
  expect(asked).toBe(1);
  for (const file of files) expect(await textsOf(world, file), file).toHaveLength(6);
});

test('what comes to be shown while it is found out what would go stays', async () => {
  const world = await aged();
  await world.folder.writeFile('f.md', 'one\n');
  const id = await idOf(world, 'f.md');
  let asked = 0;
  // Each time it is shown when it is about to go, and not before.
  world.folder.nodes.shows((node) => node === id && ++asked % 2 === 0);
  await saves(world, 'f.md', 3);
  expect(asked).toBeGreaterThan(1);
  expect(await textsOf(world, 'f.md')).toHaveLength(9);
});

test('of the tree every record stays', async () => {
  const world = await aged();
  for (const name of ['a', 'b', 'c', 'd']) {
    await saves(world, `${name}.md`, 1);
    await world.folder.rename(`${name}.md`, `was-${name}.md`);
  }
  await world.pass(3 * DAY);
  const standIns = keysIn(world, recordPrefix(ID, TREE_DOCUMENT)).filter(isStandInKey);
  expect(standIns).toEqual([]);
  expect(keysIn(world, `f/${ID}/r/`).some(isStandInKey)).toBe(true);
});

test('what no relay has stays as it is, where there is one', async () => {
  const world = await aged();
  const { state, folder } = world;
  const progress = (acknowledged: number): StoreOperation =>
    progressRow(ID, 'relay', {
      cursor: { epoch: state.log.epoch, seq: 0, digest: new Uint8Array(16) },
      ...{ acknowledged, received: [] },
    });
  await folder.nodes.keep([progress(0)]);
  await saves(world, 'f.md', 4);
  expect(await textsOf(world, 'f.md')).toHaveLength(12);
  await folder.nodes.keep([progress(state.log.position.seq)]);
  await world.pass(2 * HOUR);
  expect((await textsOf(world, 'f.md')).length).toBeLessThan(9);
});

test('a store of which records went is whole for who repairs it, its old versions included', async () => {
  const world = await aged();
  await saves(world, 'f.md', 10);
  const { store } = world;
  const survey = await surveyStore({ store, folder: ID, address: 'ws://127.0.0.1', random: seededRandom(3) });
  expect([survey.gone, [...survey.owed]]).toEqual([[], []]);
  expect(survey.whole.some(({ isStandIn }) => isStandIn)).toBe(true);
});

test('a history that is damaged is found, and hides no version that is here otherwise', async () => {
  const world = await aged();
  await saves(world, 'f.md', 10);
  const document = documentOf(await idOf(world, 'f.md'));
  const whole = await textsOf(world, 'f.md');
  world.store.rows.set(historyKey(ID, document), Uint8Array.of(1, 2, 3));
  const texts = await textsOf(world, 'f.md');
  expect(texts.length).toBeGreaterThan(2);
  expect(texts.length).toBeLessThan(whole.length);
  expect(whole.slice(0, texts.length - 1)).toEqual(texts.slice(0, -1));
  const [finding] = await world.folder.verify();
  expect(finding).toMatchObject({ what: 'state differs', document });
  expect(keysIn(world, recordPrefix(ID, document)).some(isStandInKey)).toBe(true);
});

test('wherever a store tears what is written when records go, all is there, and goes on', async () => {
  const world = await aged();
  await saves(world, 'f.md', 3);
  const [rows, now] = [new Map(world.store.rows), await world.folder.readFile('f.md', 'utf8')];
  const versions = new Set(await textsOf(world, 'f.md'));
  const written: StoreOperation[] = [];
  const ends = new Set<number>([0]);
  const { store } = world;
  const batch = store.batch.bind(store);
  Object.assign(store, {
    batch: (operations: StoreOperation[], options: { sync: boolean }) => {
      written.push(...operations);
      ends.add(written.length);
      return batch(operations, options);
    },
  });
  await world.pass(6 * HOUR);
  expect(written.some(({ key }) => isStandInKey(key))).toBe(true);
  expect(written.some(({ key }) => key.endsWith('-'))).toBe(true);
  for (let whole = 0; whole <= written.length; whole++) {
    const torn = new Map(rows);
    for (const one of written.slice(0, whole))
      if (one.type === 'put') torn.set(one.key, one.value);
      else torn.delete(one.key);
    const again = await aged(torn, world.clock);
    expect(await again.folder.readFile('f.md', 'utf8'), `${whole}`).toBe(now);
    const texts = await textsOf(again, 'f.md');
    expect(texts.length, `${whole}`).toBeGreaterThan(ends.has(whole) ? 3 : 1);
    expect([...versions], `${whole}`).toEqual(expect.arrayContaining(texts));
    // What a torn batch left behind goes with what goes next; a database that keeps its batches whole leaves nothing.
    if (ends.has(whole)) expect(await again.folder.verify(), `${whole}`).toEqual([]);
    await Promise.all([again.retention?.close(), again.compactor.close()]);
  }
});
