/** In which order a log has its records, and that it says and gives back what it took. */
import { utf8 } from '@evermesh/core/base';
import type { FolderLog } from '@evermesh/core/log';
import { type Heads, makeSnapshot, NO_HEADS } from '@evermesh/core/protocol';
import { same } from './claims.ts';
import {
  all,
  ANN,
  BEN,
  FOLDER,
  idOf,
  indexOf,
  type LogSuite,
  placesOf,
  record,
  typesOf,
} from './log-in-test.ts';

const unheld = async (log: FolderLog, heads: Heads): Promise<number[]> =>
  (await all(log.read.document(idOf('a'), heads))).map(({ seq }) => seq);

export function testLogOrder({ promise, opened, newPlace }: LogSuite): void {
  promise(
    'takes a record behind its author’s last one in the document, whatever others wrote',
    async (log) => {
      const one = [record(ANN, 'a', 1, 0), record(BEN, 'a', 1, 0), record(ANN, 'b', 2, 0)];
      const { outcomes, durable } = log.append([...one, record(ANN, 'a', 3, 1)]);
      await durable;
      same(typesOf(outcomes), ['stored', 'stored', 'stored', 'stored'], 'the outcomes');
      same(await placesOf(log), ['1 a 11', '2 a 21', '3 b 12', '4 a 13'], 'the order');
      same(log.lastCounter(ANN), 3, 'the last counter');
    },
  );

  promise(
    'answers a record whose predecessor is missing with what it holds, and passes it over',
    async (log) => {
      await log.append([record(ANN, 'a', 1, 0)]).durable;
      const { outcomes, durable } = log.append([record(ANN, 'a', 3, 2)]);
      await durable;
      const [gap] = outcomes;
      same(gap?.type === 'gap' && [...gap.heads], [[ANN, 1]], 'the heads of the gap');
      same(await placesOf(log), ['1 a 11'], 'the order');
    },
  );

  promise('takes a group whole, or nothing of it', async (log) => {
    const group = { first: 1, size: 2 };
    const torn = [record(ANN, 'a', 1, 0, { group }), record(ANN, 'b', 2, 1, { group })];
    const { outcomes, durable } = log.append([record(BEN, 'b', 1, 0), ...torn, record(BEN, 'b', 2, 1)]);
    await durable;
    same(typesOf(outcomes), ['stored', 'gap', 'gap', 'stored'], 'the outcomes');
    same(await placesOf(log), ['1 b 21', '2 b 22'], 'the order');
  });

  promise('tells a repeat: in a call, before it is durable, opened again', async (log, store, place) => {
    const first = log.append([record(ANN, 'a', 1, 0), record(ANN, 'a', 1, 0)]);
    const second = log.append([record(ANN, 'a', 1, 0)]);
    await second.durable;
    same(typesOf(first.outcomes), ['stored', 'repeat'], 'the outcomes of one call');
    same(typesOf(second.outcomes), ['repeat'], 'the outcome of another one');
    await store.close();
    await opened(place, async (again) => {
      const third = again.append([record(ANN, 'a', 1, 0), record(ANN, 'a', 2, 1)]);
      await third.durable;
      same(typesOf(third.outcomes), ['repeat', 'stored'], 'the outcomes when opened again');
      same(await placesOf(again), ['1 a 11', '2 a 12'], 'the order');
    });
  });

  promise(
    'takes a snapshot behind whatever it holds, and for all that it covers, opened again as well',
    async (log, store, place) => {
      const covers = new Map([
        [ANN, 3],
        [BEN, 1],
      ]);
      const body = utf8('state');
      const snapshot = makeSnapshot({ folder: FOLDER, document: idOf('a'), covers, blobs: [], body });
      const { durable } = log.append([record(BEN, 'a', 1, 0), snapshot]);
      await durable;
      const further = [record(ANN, 'a', 2, 1), record(ANN, 'a', 4, 3), record(ANN, 'a', 6, 5), snapshot];
      const second = log.append(further);
      await second.durable;
      const expected = ['repeat', 'stored', 'gap', 'repeat'];
      same(typesOf(second.outcomes), expected, 'the outcomes of what follows');
      await store.close();
      await opened(place, async (again) => {
        same(typesOf(again.append(further).outcomes), ['repeat', 'repeat', 'gap', 'repeat'], 'opened again');
        same(await unheld(again, NO_HEADS), [1, 2, 3], 'the order');
        same(await unheld(again, new Map([[BEN, 1]])), [2, 3], 'for who lacks something of it');
        same(await unheld(again, covers), [3], 'for who has what it covers');
        same(again.lastCounter(ANN), 4, 'the last counter');
      });
    },
  );

  promise('gives back each byte, and the records alone that heads do not cover', async (log) => {
    const large = record(BEN, 'a', 1, 0, { body: 'x'.repeat(1e6) });
    const { outcomes, durable } = log.append([record(ANN, 'a', 1, 0), large, record(ANN, 'a', 2, 1)]);
    await durable;
    const given = outcomes.map((outcome) => outcome.type === 'stored' && outcome.entry.bytes);
    const read = await all(log.read.document(idOf('a'), NO_HEADS));
    const bytes = read.map((stored) => stored.bytes);
    same(bytes, given, 'the bytes');
    const rest = await all(log.read.document(idOf('a'), new Map([[ANN, 1]])));
    const seqs = rest.map(({ seq }) => seq);
    same(seqs, [2, 3], 'what heads do not cover');
    same(await all(log.read.document(idOf('b'), NO_HEADS)), [], 'a document without records');
  });

  promise(
    'has a digest at each place: of all records up to there, and of no others',
    async (log, store, place) => {
      const digests: Uint8Array[] = [];
      for (const counter of [1, 2, 3]) {
        await log.append([record(ANN, 'a', counter, counter - 1)]).durable;
        digests.push(log.position.digest);
      }
      for (const [i, digest] of digests.entries())
        same(await log.read.digestAt(i + 1), digest, `place ${i + 1}`);
      same(await log.read.digestAt(4), undefined, 'a place that is not there');
      await store.close();
      await opened(place, async (again) => same(again.position.digest, digests[2], 'opened again'));

      const elsewhere = await newPlace();
      await opened(elsewhere, async (other) => {
        await other.append([record(ANN, 'a', 1, 0), record(ANN, 'a', 2, 1)]).durable;
        same(other.position.digest, digests[1], 'of equal records elsewhere');
        await other.append([record(ANN, 'a', 3, 2, { body: 'another' })]).durable;
        const isEqual = String(other.position.digest) === String(digests[2]);
        same(isEqual, false, 'whether it is equal behind another record');
      });
      await elsewhere.remove();
    },
  );

  promise(
    'is what it was when opened again; its epoch is another if that is asked',
    async (log, store, place) => {
      await log.append([record(ANN, 'a', 1, 0), record(BEN, 'b', 1, 0), record(ANN, 'a', 2, 1)]).durable;
      const before = indexOf(log);
      await store.close();
      await opened(place, async (again) => same(indexOf(again), before, 'opened again'));
      let renewed = before;
      const renew = async (again: FolderLog): Promise<void> => void (renewed = indexOf(again));
      await opened(place, renew, true);
      same(renewed.index, before.index, 'all but the epoch');
      same(renewed.epoch === before.epoch, false, 'whether the epoch is the one before');
      await opened(place, async (again) => same(indexOf(again), renewed, 'from then on'));
    },
  );
}
