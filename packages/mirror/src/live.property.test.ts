/**
 * Two started mirrors, with the watcher of the system and a real clock, while people change both disks without waiting
 * for anybody and records go to and fro: in the end both disks and folders show the same, and nothing is there twice. Once
 * after a full look at the end, once without any.
 * (That no line is lost is told where people do not write over what they have not read: `mirror.property.test.ts`.)
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one, as far as the timing of a real system lets it.
 */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@evermesh/core';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { deliver, exchange, inFolder, onDisk, settleAll, TestDevice } from './testing/test-device.ts';

const RUNS = Math.ceil(Number(process.env['PROP_RUNS'] ?? 40) / 10);
const SEED = process.env['PROP_SEED'];
// Timing is not replayed, so a smaller example would be another one.
const PARAMETERS = {
  numRuns: RUNS,
  endOnFailure: true,
  ...(SEED === undefined ? {} : { seed: Number(SEED) }),
};

const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 })
  .map((names) => names.join('/'));
const step = fc.record({
  device: fc.nat(1),
  path,
  to: path,
  what: fc.constantFrom('append', 'append', 'append', 'replace', 'rename', 'remove'),
});

const EXPECTED = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'EINVAL'];

test('two disks that people change without waiting come to the same', () => live(settleAll), 600_000);

test('they do without a full look, by what the watchers tell alone', () => live(untilTheSame), 600_000);

/** @param end brings two started mirrors to rest, whose people have stopped */
async function live(end: (a: TestDevice, b: TestDevice) => Promise<void>): Promise<void> {
  let edits = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      const devices = await TestDevice.pair();
      const [a, b] = devices;
      for (const device of devices) {
        await device.open({ clock: systemClock });
        device.mirror.start();
        // With a full look: what is done before it is seen by it.
        await device.mirror.idle();
      }
      const ending = new AbortController();
      const pump = (async (): Promise<void> => {
        while (!ending.signal.aborted) {
          await deliver(a, b);
          await deliver(b, a);
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      for (const { device, path: place, to, what } of steps) {
        const at = devices[device] as TestDevice;
        try {
          if (what === 'append' || what === 'replace') {
            await append(at.at(place), `line ${edits++};\n`, what === 'replace');
          } else if (what === 'rename') await fs.rename(at.at(place), at.at(to));
          else await fs.rm(at.at(place), { recursive: true });
        } catch (error) {
          if (!EXPECTED.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
        }
      }
      ending.abort();
      await pump;
      await end(a, b);
      const shown = await syncedOf(a);
      expect(await syncedOf(b)).toEqual(shown);
      for (const device of devices) {
        expect(device.mirror.halted).toBeUndefined();
        expect(await inFolder(device)).toEqual(shown);
        expect(await device.mirror.verify()).toEqual([]);
        expect(device.mirror.status().problems).toEqual([]);
      }
      for (const text of Object.values(shown)) {
        const lines = text.match(/line \d+;\n/g) ?? [];
        expect(new Set(lines).size).toBe(lines.length);
      }
      for (const device of devices) await device.end();
    }),
    PARAMETERS,
  );
  expect(edits).toBeGreaterThan(RUNS * 5);
}

/** Nobody asks for a look here: a change of which no watcher tells is missed for ever, and runs out of time. */
async function untilTheSame(a: TestDevice, b: TestDevice): Promise<void> {
  await vi.waitFor(
    async () => {
      await exchange(a, b);
      for (const device of [a, b]) await device.mirror.idle();
      const shown = await inFolder(a);
      expect(await inFolder(b)).toEqual(shown);
      for (const device of [a, b]) {
        expect(await syncedOf(device)).toEqual(shown);
        expect(device.mirror.status().state).toBe('in step');
      }
    },
    { timeout: 60_000, interval: 5 },
  );
  for (const device of [a, b]) expect(device.events.some(({ type }) => type === 'eventsLost')).toBe(false);
}

async function append(file: string, line: string, beside: boolean): Promise<void> {
  await fs.mkdir(join(file, '..'), { recursive: true });
  const before = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (!beside) return fs.writeFile(file, before + line);
  await fs.writeFile(`${file}.new~`, before + line);
  await fs.rename(`${file}.new~`, file);
}

/** Without what a program left beside a file whose directory was moved away from under it. */
const syncedOf = async (device: TestDevice): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await onDisk(device)).filter(([place]) => !place.endsWith('.new~')));
