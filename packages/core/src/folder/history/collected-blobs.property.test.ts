/**
 * Laws of blobs that are collected, on two devices that keep little of their history, and are killed between any two steps:
 *
 * - Each version that a device lists is read there, and each content that it shows, at any time.
 * - What is there can be named: every chunk belongs to a content, every content and blob is what a record names, as soon as nothing
 *   has been done for long enough; and nothing that records name is missing.
 * - Once all history is too old, what is there is what files hold now, and no more.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import { VirtualClock } from '@evermesh/testkit';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type BlobName, concatBytes, type FolderId, sha256, toHex, TREE_DOCUMENT } from '../../base/index.ts';
import { readEntry, walkManifest } from '../../log/index.ts';
import { decodeManifest } from '../../protocol/index.ts';
import { readFile } from '../../model/index.ts';
import { EAGER, exchange, openFolder, type TestFolder } from '../../testing/open-folder.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { namedBlobs } from '../named-blobs.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 8);
const SEED = process.env['PROP_SEED'];
const ID = '00112233445566778899aabbccddeeff' as FolderId;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const POLICY = {
  everything: 6 * HOUR,
  thinned: [
    { every: 12 * HOUR, for: 2 * DAY },
    { every: 2 * DAY, for: 5 * DAY },
  ],
};

type Step =
  | { type: 'write'; device: number; file: number; content: number; large: boolean }
  | { type: 'text'; device: number; file: number; text: string }
  | { type: 'time'; hours: number }
  | { type: 'exchange' }
  | { type: 'restore'; device: number; file: number; which: number }
  | { type: 'remove'; device: number; file: number }
  | { type: 'kill'; device: number; after: number };

const device = fc.nat(1);
const file = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      ...{ type: fc.constant('write' as const), device, file },
      ...{ content: fc.nat(5), large: fc.boolean() },
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ type: fc.constant('text' as const), device, file },
      text: fc.constantFrom('a\n', 'b\n', ''),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({ type: fc.constant('time' as const), hours: fc.constantFrom(1, 3, 7, 13, 30) }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('exchange' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('restore' as const), device, file, which: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), device, file }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('kill' as const), device, after: fc.nat(40) }) },
);

/** Does each thing that is counted, so that no choice of the others leaves one out. */
const EACH: Step[] = [
  { type: 'write', device: 0, file: 0, content: 0, large: true },
  { type: 'exchange' },
  { type: 'write', device: 0, file: 0, content: 1, large: true },
  { type: 'write', device: 1, file: 0, content: 2, large: true },
  { type: 'exchange' },
  { type: 'time', hours: 1 },
  { type: 'restore', device: 0, file: 0, which: 1 },
  { type: 'kill', device: 0, after: 3 },
  { type: 'time', hours: 30 },
];
const PARAMETERS = {
  numRuns: RUNS,
  ...(SEED === undefined ? { examples: [[EACH]] as [Step[]][] } : { seed: Number(SEED) }),
};

const counted = { versions: 0, collected: 0, chunksCollected: 0, kills: 0, restored: 0, conflicts: 0 };

/** Contents of one kind have much in common. */
const COMMON = seededRandom(77).bytes(150_000);
const LARGE = Array.from({ length: 6 }, (_, i) =>
  concatBytes([COMMON, seededRandom(1000 + i).bytes(160_000), COMMON.subarray(0, 60_000)]),
);
const bytesOf = ({ content, large }: Step & { type: 'write' }): Uint8Array =>
  large ? (LARGE[content] as Uint8Array) : Uint8Array.of(0, content, 255);

class World {
  readonly clock = new VirtualClock();
  readonly devices: TestFolder[] = [];
  #runs = 0;

  async begin(): Promise<void> {
    this.devices.push(await this.#open({ name: 'notes' }), await this.#open({}));
    await exchange(this.#device(0), this.#device(1));
  }

  #open(made: { name?: string; rows?: Map<string, Uint8Array> }): Promise<TestFolder> {
    this.#runs += 1;
    return openFolder({
      ...{ seed: this.#runs, id: ID, clock: this.clock, policy: EAGER, history: POLICY },
      ...made,
    });
  }

  #device(which: number): TestFolder {
    return this.devices[which] as TestFolder;
  }

  async do(each: Step): Promise<void> {
    if (each.type === 'time') await this.pass(each.hours * HOUR);
    else if (each.type === 'exchange') await this.#exchange();
    else if (each.type === 'kill') await this.#kill(each.device, each.after);
    else await this.#edit(each);
  }

  async #edit(each: Step & { device: number; file: number }): Promise<void> {
    const { folder } = this.#device(each.device);
    const path = `file ${each.file}`;
    if (each.type === 'write') await folder.writeFile(path, bytesOf(each));
    if (each.type === 'text') await folder.writeFile(path, each.text);
    if (each.type !== 'restore' && each.type !== 'remove') return;
    if (!pathsOf(this.#device(each.device)).includes(path)) return;
    if (each.type === 'remove') return folder.rm(path);
    const versions = await folder.versions(path, { all: true });
    const version = versions[each.which % versions.length];
    if (version === undefined) return undefined;
    const bytes = await folder.readVersion(path, version);
    await folder.restore(path, { version });
    expect(toHex(sha256(await folder.readFile(path)))).toBe(toHex(sha256(bytes)));
    counted.restored += 1;
    return undefined;
  }

  /** What is under way ends at some turn, with what was durable by then. */
  async #kill(which: number, after: number): Promise<void> {
    const before = this.#device(which);
    this.clock.advance(2 * HOUR);
    for (let turn = 0; turn < after * 8; turn++) await Promise.resolve();
    const rows = new Map(before.store.rows);
    await end(before);
    this.devices[which] = await this.#open({ rows });
    counted.kills += 1;
  }

  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 2 * HOUR) {
      this.clock.advance(Math.min(left, 2 * HOUR));
      await this.settle();
    }
  }

  async settle(): Promise<void> {
    for (const { retention, compactor, collector } of this.devices) {
      await retention?.idle();
      await compactor.idle();
      await collector?.idle();
    }
  }

  async check(): Promise<void> {
    for (const each of this.devices) await checkReadable(each);
  }

  /** Contents go before the records that name them. */
  async #exchange(): Promise<void> {
    const [one, other] = this.devices as [TestFolder, TestFolder];
    await giveContents(one, other);
    await giveContents(other, one);
    await exchange(one, other);
  }

  async end(): Promise<void> {
    await this.#exchange();
    await this.check();
    await this.pass(2 * DAY);
    await this.check();
    for (const each of this.devices) await checkNamed(each, false);
    // What came last is noted when a log is opened.
    for (const which of [0, 1]) await this.#kill(which, 0);
    await this.pass(12 * DAY);
    await this.check();
    for (const each of this.devices) await checkBounded(each);
    for (const each of this.devices) await end(each);
  }
}

async function giveContents(from: TestFolder, to: TestFolder): Promise<void> {
  const named = await namesIn(from);
  for (const content of keysIn(from, 'content/')) {
    const { contents } = from.state.options;
    if (named.has(await contents.nameInRecords(content)))
      await to.state.options.contents.write(contents.read(content), content);
  }
}

async function end({ retention, compactor, collector, state, folder }: TestFolder): Promise<void> {
  await folder.flush();
  await Promise.all([collector?.close(), retention?.close(), compactor.close()]);
  state.close();
}

async function checkReadable({ folder }: TestFolder): Promise<void> {
  for (const { id } of folder.nodes.all()) {
    const path = folder.nodes.pathOf(id);
    expect(await folder.nodes.isHere(id), path).toBe(true);
    for (const version of await folder.versions(path, { all: true })) {
      await folder.readVersion(path, version);
      counted.versions += 1;
    }
    counted.conflicts += (await folder.conflicts()).length;
  }
  expect(await folder.verify()).toEqual([]);
}

const pathsOf = ({ folder }: TestFolder): string[] =>
  [...folder.nodes.all()].map(({ id }) => folder.nodes.pathOf(id));

async function namesIn({ state }: TestFolder): Promise<Set<BlobName>> {
  const names = new Set<BlobName>();
  for await (const name of namedBlobs(state)) names.add(name);
  return names;
}

const keysIn = ({ store }: TestFolder, prefix: string): BlobName[] =>
  [...store.rows.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length) as BlobName);

/** What a manifest lists, from the raw rows. */
async function below({ store }: TestFolder, root: BlobName): Promise<Set<BlobName>> {
  const names = new Set<BlobName>();
  const manifest = decodeManifest(store.rows.get(`blob/${root}`) as Uint8Array);
  if (manifest === undefined) throw new Error(`${root} is no manifest`);
  const need = (entries: readonly { name: BlobName }[]): Promise<void> => {
    for (const { name } of entries) names.add(name);
    return Promise.resolve();
  };
  const node = (name: BlobName): Promise<Uint8Array> =>
    Promise.resolve(store.rows.get(`blob/${name}`) as Uint8Array);
  for await (const _ of walkManifest(manifest, { need, node }));
  return names;
}

/** @param isQuiet whether nothing became unnamed a moment ago */
async function checkNamed(world: TestFolder, isQuiet: boolean): Promise<void> {
  const { rows } = world.store;
  const named = await namesIn(world);
  const listed = new Set<BlobName>();
  // What time alone made too old a moment ago.
  const isNoted = (key: string): boolean => rows.has(`unnamed/${key}`);
  for (const content of keysIn(world, 'content/')) {
    const { root } = readEntry('', rows.get(`content/${content}`) as Uint8Array);
    // A pack that is all of a content is found by the name of that, even when nobody knows any more that it was in chunks.
    const isNamed = named.has(root) || named.has(content);
    expect(isNamed || isNoted(`content/${content}`) || isNoted(`blob/${root}`), 'a content').toBe(true);
    for (const name of [root, ...(await below(world, root))]) listed.add(name);
  }
  const packs = new Set<BlobName>();
  for (const chunk of keysIn(world, 'chunk/')) {
    expect(listed.has(chunk) || !isQuiet, 'a chunk').toBe(true);
    packs.add(toHex((rows.get(`chunk/${chunk}`) as Uint8Array).subarray(0, 32)) as BlobName);
  }
  for (const name of keysIn(world, 'blob/'))
    expect(
      [named, listed, packs].some((kept) => kept.has(name)) || isNoted(`blob/${name}`) || !isQuiet,
      'a blob',
    ).toBe(true);
  for (const name of named) expect(rows.has(`blob/${name}`), 'what is named').toBe(true);
}

async function checkBounded(world: TestFolder): Promise<void> {
  await checkNamed(world, true);
  expect(keysIn(world, 'unnamed/')).toEqual([]);
  const held = new Set<BlobName>();
  for (const { document, records, lastSeq } of world.state.log.documents()) {
    // A state that was given, and all that there is of a document, names what its giver kept.
    if (records === 1)
      for (const name of (await world.state.log.read.record(document, lastSeq))?.record.header.blobs ?? [])
        held.add(name);
    if (document === TREE_DOCUMENT) continue;
    const { shown, others } = readFile(await world.state.documents.newest(document));
    for (const content of [shown, ...others.map((other) => other.content)])
      if (content.kind === 'blob')
        held.add(content.name).add(await world.state.options.contents.nameInRecords(content.name));
  }
  for (const name of await namesIn(world)) expect(held.has(name), 'what is named').toBe(true);
}

test('what is named stays, and what is not goes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      const world = new World();
      await world.begin();
      const watched = async (work: () => Promise<void>): Promise<void> => {
        const counts = (prefix: string): number[] => world.devices.map((one) => keysIn(one, prefix).length);
        const [blobs, chunks] = [counts('blob/'), counts('chunk/')];
        await work();
        if (counts('blob/').some((count, i) => count < (blobs[i] ?? 0))) counted.collected += 1;
        if (counts('chunk/').some((count, i) => count < (chunks[i] ?? 0))) counted.chunksCollected += 1;
      };
      for (const each of steps) {
        await watched(() => world.do(each));
        if (each.type === 'time') await world.check();
      }
      await watched(() => world.end());
    }),
    PARAMETERS,
  );
});

afterAll(() => {
  if (SEED !== undefined) return;
  // Not vacuous: one script does each of them.
  for (const [what, count] of Object.entries(counted)) expect(count, what).toBeGreaterThan(0);
});
