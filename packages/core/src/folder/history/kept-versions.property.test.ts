/**
 * Laws of versions that are kept while others go, on a device that thins its history beside one that keeps everything.
 *
 * - Each version that the one lists, the other reads alike: of what is kept nothing is another.
 * - What the one shows is what the other shows, and both verify.
 * - A version that is brought back is there again, byte for byte.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import { VirtualClock } from '@evermesh/testkit';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type FolderId, fromUtf8, toHex, utf8 } from '../../base/index.ts';
import { historyPrefix } from '../../log/index.ts';
import { deliver, EAGER, exchange, openFolder, type TestFolder } from '../../testing/open-folder.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 6);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const ID = '00112233445566778899aabbccddeeff' as FolderId;
const PATH = 'd/file';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const POLICY = {
  everything: 6 * HOUR,
  thinned: [
    { every: 12 * HOUR, for: 3 * DAY },
    { every: 3 * DAY, for: 9 * DAY },
  ],
};

type Step =
  | { type: 'text'; both: boolean; lines: string[]; more: boolean }
  | { type: 'bytes'; both: boolean; byte: number }
  | { type: 'time'; hours: number }
  | { type: 'restore'; which: number }
  | { type: 'restart' };

const both = fc.boolean();
const line = fc.constantFrom('one', 'two', 'drei', 'für', '');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      ...{ type: fc.constant('text' as const), both, more: fc.boolean() },
      lines: fc.array(line, { maxLength: 6 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('bytes' as const), both, byte: fc.nat(3) }) },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('time' as const), hours: fc.constantFrom(1, 5, 13, 40, 90) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('restore' as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
);

const counted = { kept: 0, went: 0, restored: 0, merged: 0, thinned: 0 };

class Pair {
  readonly clock = new VirtualClock();
  #thinning!: TestFolder;
  whole!: TestFolder;
  #runs = 0;

  get thinning(): TestFolder {
    return this.#thinning;
  }

  async begin(): Promise<void> {
    this.#thinning = await this.#open();
    this.whole = await openFolder({ seed: 999, id: ID, clock: this.clock, policy: EAGER });
    await this.#thinning.folder.writeFile(PATH, 'begun\n');
    await deliver(this.#thinning, this.whole);
  }

  async #open(rows?: Map<string, Uint8Array>): Promise<TestFolder> {
    this.#runs += 1;
    const made = rows === undefined ? { name: 'notes' } : { rows };
    return openFolder({
      seed: this.#runs,
      id: ID,
      clock: this.clock,
      policy: EAGER,
      history: POLICY,
      ...made,
    });
  }

  async do(each: Step): Promise<void> {
    if (each.type === 'time') return this.pass(each.hours * HOUR);
    if (each.type === 'restart') return this.restart();
    if (each.type === 'restore') await this.restore(each.which);
    else await this.write(each);
    // The other has each record before anything goes.
    await exchange(this.thinning, this.whole);
    return undefined;
  }

  async write(each: Step & { type: 'text' | 'bytes' }): Promise<void> {
    await this.thinning.folder.writeFile(PATH, await this.content(each));
    if (!each.both) return;
    const front = utf8(`first\n${fromUtf8(await this.whole.folder.readFile(PATH)) ?? ''}`);
    await this.whole.folder.writeFile(PATH, front);
    counted.merged += 1;
  }

  async content(each: Step & { type: 'text' | 'bytes' }): Promise<Uint8Array> {
    if (each.type === 'bytes') return Uint8Array.of(0, each.byte);
    const text = each.lines.map((one) => `${one}\n`).join('');
    const now = fromUtf8(await this.thinning.folder.readFile(PATH)) ?? '';
    return utf8(each.more ? text + now : text);
  }

  async restore(which: number): Promise<void> {
    const { folder } = this.thinning;
    const versions = await folder.versions(PATH);
    const version = versions[which % versions.length];
    if (version === undefined) return;
    const bytes = await folder.readVersion(PATH, version);
    await folder.restore(PATH, { version });
    expect(toHex(await folder.readFile(PATH))).toBe(toHex(bytes));
    counted.restored += 1;
  }

  async restart(): Promise<void> {
    const { retention, compactor, folder, state, store } = this.thinning;
    await folder.flush();
    await Promise.all([retention?.close(), compactor.close()]);
    state.close();
    this.#thinning = await this.#open(store.rows);
  }

  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 4 * HOUR) {
      this.clock.advance(Math.min(left, 4 * HOUR));
      await this.thinning.retention?.idle();
      await this.thinning.compactor.idle();
    }
  }

  async check(): Promise<void> {
    const [versions, all] = [
      await this.thinning.folder.versions(PATH, { all: true }),
      await this.whole.folder.versions(PATH, { all: true }),
    ];
    for (const version of versions) {
      const [here, there] = [this.thinning, this.whole].map(({ folder }) =>
        folder.readVersion(PATH, version),
      );
      expect(toHex(await (here as Promise<Uint8Array>))).toBe(toHex(await (there as Promise<Uint8Array>)));
    }
    for (const { folder } of [this.thinning, this.whole]) expect(await folder.verify()).toEqual([]);
    const [one, other] = [this.thinning, this.whole].map(({ folder }) => folder.readFile(PATH));
    expect(toHex(await (one as Promise<Uint8Array>))).toBe(toHex(await (other as Promise<Uint8Array>)));
    counted.kept += versions.length;
    counted.went += all.length - versions.length;
    const rows = [...this.thinning.store.rows.keys()].filter((key) => key.startsWith(historyPrefix(ID)));
    counted.thinned += rows.length;
  }
}

test('of versions that are kept none is another than it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      const pair = new Pair();
      await pair.begin();
      for (const each of steps) await pair.do(each);
      await pair.check();
    }),
    PARAMETERS,
  );
});

afterAll(() => {
  if (SEED !== undefined) return;
  // Not vacuous.
  for (const [what, count] of Object.entries(counted)) expect(count, what).toBeGreaterThan(2);
});
