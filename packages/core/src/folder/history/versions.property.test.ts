/**
 * Laws of versions, on three devices that write to one file, as text and as bytes that are none, hand each other what they have, bring
 * back versions, and compact at any moment.
 *
 * - What a device showed, with the heads it had then, everybody reads so for ever.
 * - Each version that a device lists, everybody reads alike.
 * - Each content that a device wrote is listed there.
 * - A version that is brought back is there again, byte for byte, if nobody else wrote; and nothing of what was shown before is lost.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import { VirtualClock } from '@evermesh/testkit';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type FolderId, fromUtf8, toHex, utf8 } from '../../base/index.ts';
import type { Heads } from '../../protocol/index.ts';
import { deliver, EAGER, exchange, openFolder, type TestFolder } from '../../testing/open-folder.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 12);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const ID = '00112233445566778899aabbccddeeff' as FolderId;
const PATH = 'd/file';
const DEVICES = 3;

type Step =
  | { type: 'text'; device: number; lines: string[]; more: boolean }
  | { type: 'bytes'; device: number; byte: number }
  | { type: 'give'; device: number; to: number }
  | { type: 'restore'; device: number; which: number; all: boolean }
  /** Two devices that have the same write apart from each other, and meet. */
  | { type: 'both'; device: number; to: number }
  | { type: 'time'; seconds: number }
  | { type: 'restart'; device: number };

const device = fc.nat(DEVICES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('text' as const),
      device,
      lines: fc.array(fc.constantFrom('one', 'two', 'drei', 'für', ''), { maxLength: 5 }),
      more: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('bytes' as const), device, byte: fc.nat(3) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('give' as const), device, to: device }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('restore' as const),
      device,
      which: fc.nat(20),
      all: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('both' as const), device, to: device }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('time' as const), seconds: fc.constantFrom(1, 4, 60, 400) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const), device }) },
);

const counted = { shown: 0, merged: 0, restored: 0, kept: 0, compacted: 0 };

interface Shown {
  readonly heads: Heads;
  readonly bytes: string;
}

class Mesh {
  readonly clock = new VirtualClock();
  readonly devices: TestFolder[] = [];
  readonly shown: Shown[] = [];
  readonly written: Set<string>[] = Array.from({ length: DEVICES }, () => new Set());
  #runs = 0;

  async open(number: number, rows?: Map<string, Uint8Array>): Promise<TestFolder> {
    this.#runs += 1;
    return openFolder({
      ...{ seed: this.#runs, id: ID, clock: this.clock, policy: EAGER },
      ...(number === 0 && rows === undefined ? { name: 'notes' } : {}),
      ...(rows === undefined ? {} : { rows }),
    });
  }

  async begin(): Promise<void> {
    for (let number = 0; number < DEVICES; number++) this.devices.push(await this.open(number));
    await this.at(0).folder.writeFile(PATH, 'begun\n');
    await this.note(0);
    for (let number = 1; number < DEVICES; number++) await deliver(this.at(0), this.at(number));
  }

  at(number: number): TestFolder {
    return this.devices[number] as TestFolder;
  }

  /** What a device shows now, it showed at these heads. */
  async note(number: number): Promise<void> {
    const { folder } = this.at(number);
    await folder.flush();
    const { id } = await folder.stat(PATH);
    this.shown.push({ heads: folder.nodes.headsOf(id), bytes: textOf(await folder.readFile(PATH)) });
    counted.shown += 1;
  }

  async write(number: number, bytes: Uint8Array): Promise<void> {
    await this.at(number).folder.writeFile(PATH, bytes);
    this.written[number]?.add(textOf(bytes));
    await this.note(number);
  }

  /** Another text, or lines in front of the one that is there, which merge with what others write. */
  async edited({ device: number, lines, more }: Step & { type: 'text' }): Promise<Uint8Array> {
    const text = lines.map((line) => `${line}\n`).join('');
    const now = await this.at(number).folder.readFile(PATH);
    return more && now[0] !== 0 ? utf8(text + fromUtf8(now)) : utf8(text);
  }

  async do(each: Step): Promise<void> {
    if (each.type === 'time') return this.clock.advance(each.seconds * 1000);
    if (each.type === 'text') return this.write(each.device, await this.edited(each));
    if (each.type === 'bytes') return this.write(each.device, Uint8Array.of(0, each.byte));
    if (each.type === 'both') {
      const { device: one, to: other } = each;
      if (one === other) return undefined;
      await exchange(this.at(one), this.at(other));
      const now = await this.at(one).folder.readFile(PATH);
      const text = now[0] === 0 ? '' : fromUtf8(now);
      await this.write(one, utf8(`first\n${text}`));
      await this.write(other, utf8(`${text}last\n`));
      await this.do({ type: 'give', device: one, to: other });
      return this.do({ type: 'give', device: other, to: one });
    }
    if (each.type === 'give') {
      const [from, to] = [this.at(each.device), this.at(each.to)];
      const before = [await from.folder.readFile(PATH), await to.folder.readFile(PATH)].map(textOf);
      const { seq } = to.state.log.position;
      await deliver(from, to);
      if (to.state.log.position.seq > seq) await this.note(each.to);
      if (!before.includes(textOf(await to.folder.readFile(PATH)))) counted.merged += 1;
      return undefined;
    }
    if (each.type === 'restart') {
      const { compactor, folder, state, store } = this.at(each.device);
      await folder.flush();
      await compactor.close();
      state.close();
      this.devices[each.device] = await this.open(each.device, store.rows);
      return undefined;
    }
    return this.restore(each);
  }

  async restore({ device: number, which, all }: Step & { type: 'restore' }): Promise<void> {
    const { folder } = this.at(number);
    const versions = await folder.versions(PATH, { all });
    const version = versions[which % versions.length];
    if (version === undefined) return;
    const bytes = await folder.readVersion(PATH, version);
    expect(version.size).toBe(bytes.byteLength);
    expect(await folder.restore(PATH, { version })).toBe(PATH);
    expect(textOf(await folder.readFile(PATH))).toBe(textOf(bytes));
    counted.restored += 1;
    await this.note(number);
  }

  async check(): Promise<void> {
    for (const [number, contents] of this.written.entries()) await this.lists(number, contents);
    for (const [one, other] of [
      [0, 1],
      [1, 2],
      [0, 1],
    ] as const)
      await exchange(this.at(one), this.at(other));
    for (const { compactor } of this.devices) await compactor.idle();
    for (const { heads, bytes } of this.shown) {
      for (const { folder } of this.devices)
        expect(textOf(await folder.readVersion(PATH, { heads }))).toBe(bytes);
    }
    const names = new Map<string, string>();
    for (const lister of this.devices) {
      for (const version of await lister.folder.versions(PATH, { all: true })) {
        if (version.other !== undefined) counted.kept += 1;
        for (const { folder } of this.devices) {
          const bytes = textOf(await folder.readVersion(PATH, version));
          expect(names.get(version.id) ?? bytes).toBe(bytes);
          names.set(version.id, bytes);
        }
      }
      const document = [...lister.state.log.documents()].find(({ compacted }) => compacted !== undefined);
      if (document !== undefined) counted.compacted += 1;
      expect(await lister.folder.verify()).toEqual([]);
    }
  }

  /** Everything that was written on a device. */
  async lists(number: number, contents: ReadonlySet<string>): Promise<void> {
    const { folder } = this.at(number);
    const listed = new Set<string>();
    for (const version of await folder.versions(PATH, { all: true }))
      listed.add(textOf(await folder.readVersion(PATH, version)));
    for (const content of contents) expect(listed).toContain(content);
  }
}

const textOf = (bytes: Uint8Array): string => toHex(bytes);

test('every version reads as what was shown, on every device, whatever is compacted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 22 }), async (steps) => {
      const mesh = new Mesh();
      await mesh.begin();
      for (const each of steps) await mesh.do(each);
      await mesh.check();
    }),
    PARAMETERS,
  );
});

afterAll(() => {
  if (SEED !== undefined) return;
  // Not vacuous.
  for (const [what, count] of Object.entries(counted)) expect(count, what).toBeGreaterThan(0);
});
