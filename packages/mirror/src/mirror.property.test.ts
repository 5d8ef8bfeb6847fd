/**
 * Laws of the mirror, on real directories and whole replicas: people and programs change two disks and two folders in
 * any order, mirrors look in between, end, and crash.
 *
 * - In the end both disks and both folders show the same, and `verify` agrees.
 * - L2: a line that was typed is there unless somebody who had it before him removed it; none is there twice in a file.
 * - L8: a further look finds nothing and makes no record.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { isEvermeshError } from '@evermesh/core';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { deliver, inFolder, onDisk, settleAll, TestDevice } from './testing/test-device.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 40);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

type Step =
  | {
      type: 'append' | 'replace' | 'remove' | 'mkdir' | 'type' | 'erase';
      device: number;
      path: string;
      pick: number;
    }
  | { type: 'rename' | 'move'; device: number; path: string; to: string; pick: number }
  | { type: 'settle' | 'deliver' | 'reopen'; device: number }
  | { type: 'crash'; device: number; after: number };

const devices = fc.nat(1);
const paths = fc
  .array(fc.constantFrom('a', 'b', 'c', 'C'), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));
const on = (type: 'append' | 'replace' | 'remove' | 'mkdir' | 'type' | 'erase'): fc.Arbitrary<Step> =>
  fc.record({ type: fc.constant(type), device: devices, path: paths, pick: fc.nat(20) });
const between = (type: 'rename' | 'move'): fc.Arbitrary<Step> =>
  fc.record({ type: fc.constant(type), device: devices, path: paths, to: paths, pick: fc.nat(20) });
const at = (type: 'settle' | 'deliver' | 'reopen'): fc.Arbitrary<Step> =>
  fc.record({ type: fc.constant(type), device: devices });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: on('append') },
  { weight: 2, arbitrary: on('replace') },
  { weight: 3, arbitrary: on('remove') },
  { weight: 2, arbitrary: on('mkdir') },
  { weight: 3, arbitrary: on('type') },
  { weight: 3, arbitrary: on('erase') },
  { weight: 4, arbitrary: between('rename') },
  { weight: 5, arbitrary: between('move') },
  { weight: 6, arbitrary: at('settle') },
  { weight: 5, arbitrary: at('deliver') },
  { weight: 1, arbitrary: at('reopen') },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('crash' as const), device: devices, after: fc.nat(40) }),
  },
);

const counted = {
  append: 0,
  replace: 0,
  remove: 0,
  mkdir: 0,
  type: 0,
  erase: 0,
  rename: 0,
  move: 0,
  settle: 0,
  deliver: 0,
  reopen: 0,
  crash: 0,
  nameConflicts: 0,
};

class World {
  devices: TestDevice[] = [];
  readonly typed: string[] = [];
  #lines = 0;
  /** Lines that were in something when it was removed or replaced, where it was. */
  readonly removed = new Set<string>();

  async start(): Promise<void> {
    this.devices = await TestDevice.pair();
  }

  async do(drawn: Step): Promise<void> {
    const device = this.devices[drawn.device] as TestDevice;
    try {
      const one = await this.#aimed(drawn, device);
      await this.#do(one, device);
      counted[drawn.type] += 1;
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      const isExpected = isEvermeshError(error)
        ? /^(PATH|CONTENT)_/.test(code)
        : /^E(NOENT|NOTDIR|ISDIR|EXIST|NOTEMPTY|INVAL)$/.test(code);
      if (!isExpected) throw error;
    }
  }

  /** A step at something that is there: paths at random seldom are. */
  async #aimed(one: Step, device: TestDevice): Promise<Step> {
    if (!('pick' in one) || one.pick === 0) return one;
    const isOnDisk = ['append', 'replace', 'remove', 'rename'].includes(one.type);
    const there = Object.keys(isOnDisk ? await onDisk(device) : await inFolder(device));
    const aim = there[one.pick % there.length];
    return aim === undefined ? one : { ...one, path: aim };
  }

  async #do(one: Step, device: TestDevice): Promise<void> {
    const { folder } = device;
    if (one.type === 'settle') await device.settle();
    else if (one.type === 'deliver') await deliver(device, this.devices[1 - one.device] as TestDevice);
    else if (one.type === 'reopen') await device.closeMirror();
    else if (one.type === 'crash') {
      device.fuse.blowAfter(one.after);
      await device.settle().catch((error: unknown) => {
        if (!device.fuse.isBlown) throw error;
      });
      await device.crash();
    } else if (one.type === 'append')
      await this.#append(device, one.path, (file, text) => fs.writeFile(file, text));
    else if (one.type === 'replace') {
      await this.#append(device, one.path, async (file, text) => {
        await fs.writeFile(`${file}.new~`, text);
        await fs.rename(`${file}.new~`, file);
      });
    } else if (one.type === 'type') {
      const before = await folder.readFile(one.path, 'utf8').catch(missingIsEmpty);
      await this.#typing((line) => folder.writeFile(one.path, before + line));
    } else if (one.type === 'mkdir') await fs.mkdir(device.at(one.path), { recursive: true });
    else if (one.type === 'remove') {
      const lines = linesIn(await onDisk(device), one.path);
      await fs.rm(device.at(one.path), { recursive: true });
      this.#lost(lines);
    } else if (one.type === 'erase') {
      const lines = linesIn(await inFolder(device), one.path);
      await folder.rm(one.path, { recursive: true });
      this.#lost(lines);
    } else if (one.type === 'rename') {
      const lines = linesIn(await onDisk(device), one.to);
      await fs.mkdir(join(device.at(one.to), '..'), { recursive: true });
      await fs.rename(device.at(one.path), device.at(one.to));
      if (one.path !== one.to) this.#lost(lines);
    } else if (one.type === 'move') {
      const lines = linesIn(await inFolder(device), one.to);
      const parent = one.to.split('/').slice(0, -1).join('/');
      if (parent !== '') await folder.mkdir(parent, { recursive: true });
      await folder.rename(one.path, one.to);
      if (one.path !== one.to) this.#lost(lines);
    }
  }

  async #append(
    device: TestDevice,
    path: string,
    save: (file: string, text: string) => Promise<void>,
  ): Promise<void> {
    const file = device.at(path);
    await fs.mkdir(join(file, '..'), { recursive: true });
    const before = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    await this.#typing((line) => save(file, before + line));
  }

  async #typing(write: (line: string) => Promise<void>): Promise<void> {
    const line = `line ${this.#lines++};\n`;
    await write(line);
    this.typed.push(line);
  }

  #lost(lines: readonly string[]): void {
    for (const line of lines) this.removed.add(line);
  }
}

const linesOf = (text: string): string[] => text.match(/line \d+;\n/g) ?? [];

const linesIn = (shown: Record<string, string>, top: string): string[] =>
  Object.entries(shown).flatMap(([path, text]) =>
    path.toLowerCase() === top.toLowerCase() || path.toLowerCase().startsWith(`${top.toLowerCase()}/`)
      ? linesOf(text)
      : [],
  );

function missingIsEmpty(error: unknown): string {
  if (isEvermeshError(error, 'PATH_NOT_FOUND')) return '';
  throw error;
}

describe('two mirrored directories', () => {
  test('show the same in the end, with every line that nobody removed, once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), async (steps) => {
        const world = new World();
        await world.start();
        for (const one of steps) await world.do(one);
        const [a, b] = world.devices as [TestDevice, TestDevice];
        await settleAll(a, b);
        const shown = await onDisk(a);
        expect(await onDisk(b)).toEqual(shown);
        for (const one of [a, b]) {
          expect(await inFolder(one)).toEqual(shown);
          expect(await one.mirror.verify()).toEqual([]);
          expect(one.mirror.status().problems).toEqual([]);
          const records = one.records();
          expect(await one.settle()).toBe(0);
          expect(one.records()).toBe(records);
          counted.nameConflicts += one.folder.nodes.nameConflicts().length;
        }
        const all = Object.values(shown).join('');
        for (const line of world.typed) if (!world.removed.has(line)) expect(all).toContain(line);
        for (const text of Object.values(shown))
          expect(new Set(linesOf(text)).size).toBe(linesOf(text).length);
        await a.end();
        await b.end();
      }),
      PARAMETERS,
    );
  }, 600_000);

  afterAll(() => {
    // A run of properties that exercised nothing proves nothing.
    if (SEED === undefined)
      for (const [what, count] of Object.entries(counted)) expect(count, what).toBeGreaterThan(0);
  });
});
