/** What is left of a log when its store fails at one call after the other: a prefix, whole groups, and all that was durable. */
import type { Store, StoreOperation } from '@evermesh/core/log';
import { progressRow, readProgress } from '@evermesh/core/log';
import { same } from './claims.ts';
import { type Fault, faulty } from './faulty-store.ts';
import { ANN, BEN, FOLDER, type LogSuite, placesOf, record } from './log-in-test.ts';

/** Every record that is written, in order; those of a group stand together. */
const GROUPS = [['1 a 11'], ['2 a 12', '3 b 13'], ['4 a 21'], ['5 b 14', '6 a 15', '7 c 16']];
const group = { first: 2, size: 2 };
const last = { first: 4, size: 3 };
const APPENDS = [
  [record(ANN, 'a', 1, 0)],
  [record(ANN, 'a', 2, 1, { group }), record(ANN, 'b', 3, 0, { group })],
  [record(BEN, 'a', 1, 0)],
  [
    record(ANN, 'b', 4, 3, { group: last }),
    record(ANN, 'a', 5, 2, { group: last }),
    record(ANN, 'c', 6, 0, { group: last }),
  ],
];
/** As many groups as have so many records, or fewer. */
function wholeGroups(records: number): string[] {
  const whole: string[] = [];
  for (const places of GROUPS) if (whole.length + places.length <= records) whole.push(...places);
  return whole;
}

/** Fewer calls than that do not reach the last batch. */
const LEAST_CALLS = 8;

export function testLogCrashes({ test, newPlace, open }: LogSuite): void {
  /** Appends one after the other until the store fails. Returns how many groups were durable. */
  async function write(store: Store): Promise<number> {
    let durable = 0;
    try {
      const log = await open(store, { folder: FOLDER, renewEpoch: false });
      for (const [i, records] of APPENDS.entries()) {
        const seq = GROUPS.slice(0, i + 1).flat().length;
        const cursor = { epoch: log.epoch, seq, digest: new Uint8Array(16) };
        const beside: StoreOperation[] = [
          progressRow(FOLDER, 'peer', { cursor, acknowledged: 0, received: [] }),
        ];
        await log.append(records, { beside }).durable;
        durable += 1;
      }
    } catch {
      // What the store's failure is called is no matter here.
    }
    return durable;
  }

  /** What is there afterwards, and what its reader had been told. */
  async function left(store: Store): Promise<{ places: string[]; cursor: number; goesOn: boolean }> {
    try {
      const log = await open(store, { folder: FOLDER, renewEpoch: false });
      const places = await placesOf(log);
      const cursor = (await readProgress(store, FOLDER, 'peer'))?.cursor.seq ?? 0;
      const next = record(ANN, 'z', log.lastCounter(ANN) + 1, 0);
      await log.append([next]).durable;
      return { places, cursor, goesOn: log.position.seq === places.length + 1 };
    } finally {
      await store.close();
    }
  }

  for (const fault of ['refused', 'unheard'] as const satisfies Fault[]) {
    test(`keeps what was durable, whole groups, and a cursor at their end, wherever a call is ${fault}`, async () => {
      for (let at = 1; ; at++) {
        const place = await newPlace();
        const store = place.store();
        const failing = faulty(store, at, fault);
        const durable = await write(failing);
        await store.close();
        const { places, cursor, goesOn } = await left(place.store());
        same(places, wholeGroups(places.length), `call ${at}: whole groups`);
        same(places.length >= GROUPS.slice(0, durable).flat().length, true, `call ${at}: what was durable`);
        same(cursor, places.length, `call ${at}: the cursor`);
        same(goesOn, true, `call ${at}: appending goes on`);
        await place.remove();
        if (failing.failure.aborted) continue;
        same(at > LEAST_CALLS, true, 'the calls reach the last batch');
        break;
      }
    });
  }
}
