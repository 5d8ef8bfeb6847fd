/**
 * Laws of folders, on whole replicas: real documents, a store that survives restarts, records delivered in any order
 * between authors and documents, with repeats.
 *
 * - L1: replicas that hold the same records show the same tree and bytes.
 * - L2: a line that was typed is in the file unless somebody who had seen it removed it.
 * - What is kept for speed follows from the raw records (`verify`), also after a restart.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { FolderId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import type { LogRecord } from '../protocol/index.ts';
import { NO_HEADS } from '../protocol/index.ts';
import { exchange, listing, openFolder, type TestFolder } from '../testing/open-folder.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 40);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const ID = '00112233445566778899aabbccddeeff' as FolderId;
const DEVICES = 3;

type Step =
  | { type: 'append' | 'mkdir'; device: number; path: string }
  /** Of what the device shows, `pick` chooses: a path drawn blindly is hardly ever there. */
  | { type: 'remove'; device: number; pick: number }
  | { type: 'rename'; device: number; pick: number; to: string }
  | { type: 'deliver'; from: number; to: number; picks: number[] }
  | { type: 'restart'; device: number };

const device = fc.nat(DEVICES - 1);
const path = fc
  .array(fc.constantFrom('a', 'b', 'C'), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('append' as const), device, path }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('remove' as const), device, pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('mkdir' as const), device, path }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('rename' as const), device, pick: fc.nat(), to: path }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('deliver' as const),
      from: device,
      to: device,
      picks: fc.array(fc.nat()),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const), device }) },
);

const counted = { typed: 0, removed: 0, renamed: 0, delivered: 0, nameConflicts: 0, restarted: 0 };

class World {
  readonly devices: TestFolder[] = [];
  readonly typed: string[] = [];
  /** Lines that were in something when it was removed or replaced, by a device that showed them. */
  readonly seenByRemover = new Set<string>();
  #seed = 100;

  async start(): Promise<void> {
    for (let i = 0; i < DEVICES; i++) {
      this.devices.push(await openFolder({ seed: i + 1, id: ID, ...(i === 0 ? { name: 'w' } : {}) }));
    }
    for (const other of this.devices.slice(1)) await exchange(this.devices[0] as TestFolder, other);
  }

  async do(one: Step): Promise<void> {
    try {
      if (one.type === 'deliver') await this.#deliver(one.from, one.to, one.picks);
      else if (one.type === 'restart') await this.#restart(one.device);
      else if (one.type === 'append') await this.#append(this.devices[one.device] as TestFolder, one.path);
      else if (one.type === 'rename')
        await this.#rename(this.devices[one.device] as TestFolder, one.pick, one.to);
      else if (one.type === 'remove') await this.#remove(this.devices[one.device] as TestFolder, one.pick);
      else await (this.devices[one.device] as TestFolder).folder.mkdir(one.path, { recursive: true });
    } catch (error) {
      if (!isEvermeshError(error) || !/^(PATH|CONTENT)_/.test(error.code)) throw error;
    }
  }

  async #append({ folder }: TestFolder, file: string): Promise<void> {
    const before = await folder.readFile(file, 'utf8').catch((error: unknown) => {
      if (isEvermeshError(error, 'PATH_NOT_FOUND')) return '';
      throw error;
    });
    const line = `line ${this.typed.length}\n`;
    await folder.writeFile(file, before + line);
    this.typed.push(line);
    counted.typed++;
  }

  async #remove(at: TestFolder, pick: number): Promise<void> {
    const victim = await this.#shownAt(at, pick);
    if (victim === undefined) return;
    const lines = await this.#linesBelow(at, victim);
    await at.folder.rm(victim, { recursive: true });
    for (const line of lines) this.seenByRemover.add(line);
    counted.removed++;
  }

  async #rename(at: TestFolder, pick: number, to: string): Promise<void> {
    const from = await this.#shownAt(at, pick);
    if (from === undefined) return;
    const lines = await this.#linesBelow(at, to);
    await at.folder.rename(from, to);
    if (from !== to) for (const line of lines) this.seenByRemover.add(line);
    counted.renamed++;
  }

  async #shownAt(at: TestFolder, pick: number): Promise<string | undefined> {
    const paths = Object.keys(await listing(at));
    return paths[pick % paths.length];
  }

  async #linesBelow(at: TestFolder, top: string): Promise<string[]> {
    const shown = Object.entries(await listing(at)).filter(
      ([p]) => p.toLowerCase() === top.toLowerCase() || p.startsWith(`${top}/`),
    );
    return shown.flatMap(([, text]) => text.match(/line \d+\n/g) ?? []);
  }

  /** Some records, in any order that keeps each author's; a few twice. */
  async #deliver(from: number, to: number, picks: readonly number[]): Promise<void> {
    const [source, target] = [this.devices[from] as TestFolder, this.devices[to] as TestFolder];
    await source.folder.flush();
    const lanes: LogRecord[][] = [];
    for (const { document } of [...source.state.log.documents()]) {
      const lane: LogRecord[] = [];
      for await (const { record } of source.state.log.read.document(document, NO_HEADS)) lane.push(record);
      lanes.push(lane);
    }
    for (const pick of picks) {
      const lane = lanes[pick % lanes.length];
      const record = pick % 7 === 0 ? lane?.[0] : lane?.shift();
      if (record === undefined) continue;
      await target.state.log.append([record]).durable;
      counted.delivered++;
    }
  }

  async #restart(index: number): Promise<void> {
    const old = this.devices[index] as TestFolder;
    await old.folder.flush();
    old.state.close();
    this.devices[index] = await openFolder({ seed: this.#seed++, id: ID, rows: old.store.rows });
    counted.restarted++;
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      for (const a of this.devices) for (const b of this.devices) if (a !== b) await exchange(a, b);
    }
  }
}

describe('three replicas of a folder', () => {
  test('show the same in the end and lose no line that its remover had not seen', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
        const world = new World();
        await world.start();
        for (const one of steps) await world.do(one);
        await world.settle();
        const [first, ...others] = await Promise.all(world.devices.map(listing));
        for (const other of others) expect(other).toEqual(first);
        const all = Object.values(first as Record<string, string>).join('');
        for (const line of world.typed) if (!world.seenByRemover.has(line)) expect(all).toContain(line);
        for (const { folder } of world.devices) expect(await folder.verify()).toEqual([]);
        counted.nameConflicts += (world.devices[0] as TestFolder).folder.nodes.nameConflicts().length;
      }),
      PARAMETERS,
    );
  }, 300_000);

  afterAll(() => {
    // A run of properties that exercised nothing proves nothing.
    if (SEED === undefined)
      for (const [what, count] of Object.entries(counted)) expect(count, what).toBeGreaterThan(0);
  });
});
