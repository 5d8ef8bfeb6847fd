/**
 * A device whose older records go, twice, while the store under it fails at call N, for every N: nothing that was promised is lost, whatever
 * the fault left behind, and older records go the next time.
 *
 * - L5: what `flush`, or a link that was in step, promised is there when the store is opened again.
 * - L1, L2: afterwards all devices show the same, with every line that anybody typed and that was promised.
 * - A store that tore a batch, which none may do, either shows everything or says that it is damaged: it never shows less.
 *
 * FAULT_STEP=1 fails at every call; by default at every eleventh.
 */
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import type { FolderId } from '@evermesh/core';
import { isStandInKey, type Store } from '@evermesh/core/log';
import { type Fault, faulty } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { SweptDevice, SweptRelay } from './swept-mesh.ts';
import { Promised, whatIsMissing, writeAndAge } from './swept-script.ts';
import { expectFailure, FAULTS, isDamage, sweep } from './sweep.ts';

/** Fewer would mean that the script does not reach what it is to reach. */
const LEAST_CALLS = 150;

/** What `verify` may find of a document whose batch was torn: all of it is there and shown, and it says that something is damaged. */
const isLeftByTear = (what: string): boolean => /^ada: .*"what":"(state|index) differs"/.test(what);

async function standIns(store: Store): Promise<number> {
  let count = 0;
  for await (const [key] of store.iterator({ gte: 'f/', lt: 'f0' }))
    if (/\/r\/.*=$/.test(key) && isStandInKey(key)) count += 1;
  return count;
}

async function versionsOf(device: SweptDevice, id: FolderId, path: string): Promise<number> {
  const folder = await device.folder(id);
  const versions = await folder.versions(path);
  for (const version of versions) await folder.readVersion(path, version);
  return versions.length;
}

test.each<Fault & string>(FAULTS)(
  'a device whose older records go keeps what it promised where call N is %s, for each N',
  { timeout: 600_000 },
  async (fault) => {
    let [worlds, trimmed] = [0, 0];
    const calls = await sweep(
      fault,
      async (at) => {
        worlds += 1;
        const kept = memoryStore();
        const store = faulty(kept, at, fault);
        const relay = new SweptRelay(memoryStore(), memoryBlobs());
        await relay.start();
        const [ada, bob] = [new SweptDevice('ada', store), new SweptDevice('bob', memoryStore())];
        const promised = new Promised();
        const living = writeAndAge(ada, bob, relay, promised, store.failure);
        await living.catch((error: unknown) => expectFailure(error, store));
        await Promise.all([ada.stop(), bob.stop()]);

        const again = new SweptDevice('ada', kept);
        try {
          const missing = async (): Promise<string[]> =>
            (await whatIsMissing(again, promised, relay, [bob])).filter(
              (what) => fault !== 'torn' || !isLeftByTear(what),
            );
          expect(await missing(), `call ${at}`).toEqual([]);
          if (promised.folder !== undefined && promised.synced.size > 0) {
            await again.age(promised.folder, new AbortController().signal);
            expect(await missing(), `call ${at}, later`).toEqual([]);
            expect(await versionsOf(again, promised.folder, 'a.txt'), `call ${at}`).toBeGreaterThan(0);
            if ((await standIns(kept)) > 0) trimmed += 1;
          }
        } catch (error) {
          if (fault !== 'torn' || !isDamage(error)) throw error;
        }
        await Promise.all([again.stop(), bob.stop()]);
        await relay.stop();
        return store;
      },
      11,
    );
    expect(calls).toBeGreaterThanOrEqual(LEAST_CALLS);
    expect(trimmed).toBeGreaterThan(worlds / 3);
  },
);
