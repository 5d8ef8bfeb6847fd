/**
 * What a person does on one device, and a relay stores for two, while the store under it fails at call N, for every N: nothing
 * that was promised before is lost, whatever the fault left behind.
 *
 * - L5: what `flush`, or a link that was in step, promised is there when the store is opened again.
 * - L1, L2: afterwards all devices show the same, with every line that anybody typed and that was promised.
 * - A store that tore a batch, which none may do, either shows everything or says that it is damaged: it never shows less.
 *
 * FAULT_STEP=1 fails at every call; by default at every third, from a place that differs for each fault.
 */
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { faulty } from '@evermesh/testkit';
import { describe, expect, test } from 'vitest';
import { SweptDevice, SweptRelay } from './swept-mesh.ts';
import { Promised, whatIsMissing, writeAndMeet } from './swept-script.ts';
import { expectFailure, FAULTS, isDamage, sweep } from './sweep.ts';

/** Fewer would mean that the script does not reach what it is to reach. */
const LEAST_CALLS = { device: 60, relay: 30 };

describe.each(FAULTS)('a store on which call N is %s, for each N', (fault) => {
  test(
    'of a device: it keeps what it promised, and all devices end equal',
    { timeout: 300_000 },
    async () => {
      const calls = await sweep(fault, async (at) => {
        const kept = memoryStore();
        const store = faulty(kept, at, fault);
        const relay = new SweptRelay(memoryStore(), memoryBlobs());
        await relay.start();
        const bob = new SweptDevice('bob', memoryStore());
        const promised = new Promised();
        const ada = new SweptDevice('ada', store);
        await writeAndMeet(ada, bob, relay, promised).catch((error: unknown) => expectFailure(error, store));
        await Promise.all([ada.stop(), bob.stop()]);

        const again = new SweptDevice('ada', kept);
        try {
          expect(await whatIsMissing(again, promised, relay, [bob]), `call ${at}`).toEqual([]);
        } catch (error) {
          if (fault !== 'torn' || !isDamage(error)) throw error;
        }
        await Promise.all([again.stop(), bob.stop()]);
        await relay.stop();
        return store;
      });
      expect(calls).toBeGreaterThanOrEqual(LEAST_CALLS.device);
    },
  );

  test(
    'of a relay: it keeps what it acknowledged, or what that came to, and all devices end equal',
    { timeout: 300_000 },
    async () => {
      const calls = await sweep(fault, async (at) => {
        const kept = memoryStore();
        const blobs = memoryBlobs();
        const store = faulty(kept, at, fault);
        const relay = new SweptRelay(store, blobs);
        const [ada, bob] = [new SweptDevice('ada', memoryStore()), new SweptDevice('bob', memoryStore())];
        const promised = new Promised();
        const live = async (): Promise<void> => {
          await relay.start();
          await writeAndMeet(ada, bob, relay, promised, store.failure);
          await relay.age(bob, store.failure);
        };
        await live().catch((error: unknown) => expectFailure(error, store));
        await Promise.all([ada.stop(), bob.stop(), relay.stop()]);

        const again = new SweptRelay(kept, blobs);
        const cas = new SweptDevice('cas', memoryStore());
        try {
          await again.start();
          // The new device asks before the others are back: what they were promised is there without them.
          expect(await whatIsMissing(cas, promised, again, [ada, bob]), `call ${at}`).toEqual([]);
        } catch (error) {
          if (fault !== 'torn' || !isDamage(error)) throw error;
        }
        await Promise.all([ada, bob, cas].map((device) => device.stop()));
        await again.stop();
        return store;
      });
      expect(calls).toBeGreaterThanOrEqual(LEAST_CALLS.relay);
    },
  );
});
