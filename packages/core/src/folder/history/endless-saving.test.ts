/** What saves without end leave on a disk, as devices keep history and compact by default. */
import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { concatBytes, type Epoch, type FolderId } from '../../base/index.ts';
import { compactionPolicy, progressRow } from '../../log/index.ts';
import { openFolder, type TestFolder } from '../../testing/open-folder.ts';
import { seededRandom } from '../../testing/seeded-random.ts';

const ID = '00112233445566778899aabbccddeeff' as FolderId;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KIB = 1024;
/** As by default, but for fewer days. */
const POLICY = { everything: DAY, thinned: [{ every: DAY, for: 5 * DAY }] };

/** Of a file that changes at one place. */
const SAME = seededRandom(1).bytes(260 * KIB);
const save = (number: number): Uint8Array =>
  concatBytes([
    SAME.subarray(0, 130 * KIB),
    seededRandom(2 + number).bytes(100 * KIB),
    SAME.subarray(130 * KIB),
  ]);
const small = (number: number): Uint8Array =>
  concatBytes([Uint8Array.of(0), seededRandom(9000 + number).bytes(20 * KIB)]);

const open = (clock: VirtualClock): Promise<TestFolder> =>
  openFolder({ name: 'notes', id: ID, seed: 7, clock, policy: compactionPolicy, history: POLICY });

async function pass(
  clock: VirtualClock,
  { retention, compactor, collector }: TestFolder,
  days: number,
): Promise<void> {
  for (let left = days * DAY; left > 0; left -= 6 * HOUR) {
    clock.advance(6 * HOUR);
    await retention?.idle();
    await compactor.idle();
    await collector?.idle();
  }
}

const bytesOf = ({ store }: TestFolder): number => {
  let bytes = 0;
  for (const [key, row] of store.rows) bytes += key.length + row.byteLength;
  return bytes;
};

async function end({ retention, compactor, collector, state }: TestFolder): Promise<void> {
  await Promise.all([collector?.close(), retention?.close(), compactor.close()]);
  state.close();
}

test('a file that is saved five times a day takes as much as the versions that are kept, however long that goes on', async () => {
  const clock = new VirtualClock();
  const device = await open(clock);
  const { folder } = device;
  const grown: number[] = [];
  let number = 0;
  for (let day = 1; day <= 24; day++) {
    for (let left = 5; left > 0; left--) {
      number += 1;
      await folder.writeFile('image', save(number));
    }
    await pass(clock, device, 1);
    if (day % 12 === 0) grown.push(bytesOf(device));
  }
  // Twenty-five versions and what waits for its grace time, each with what shares a pack with it.
  const [earlier = 0, later = 0] = grown;
  expect(later).toBeLessThan(1.25 * earlier);
  expect(later).toBeLessThan((number * 120 * KIB) / 2);
  for (const version of await folder.versions('image', { all: true }))
    expect((await folder.readVersion('image', version)).byteLength).toBe(360 * KIB);
  expect(await folder.verify()).toEqual([]);
  await end(device);
});

test('what a relay has not acknowledged stays named, and here, as old as it may be', async () => {
  const clock = new VirtualClock();
  const device = await open(clock);
  const { folder, store, state } = device;
  const relay = (acknowledged: number): Promise<void> =>
    store.batch(
      [
        progressRow(ID, 'relay', {
          cursor: { epoch: 'e0'.repeat(16) as Epoch, seq: 0, digest: new Uint8Array(16) },
          ...{ acknowledged, received: [] },
        }),
      ],
      { sync: true },
    );
  await relay(0);
  for (let number = 0; number < 40; number++) await folder.writeFile('small', small(number));
  const here = (): number => [...store.rows.keys()].filter((key) => key.startsWith('blob/')).length;
  expect(here()).toBe(40);
  await pass(clock, device, 20);
  expect(here()).toBe(40);
  await relay(state.log.position.seq);
  await pass(clock, device, 20);
  expect(here()).toBeLessThan(5);
  await end(device);
});
