import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { documentOf, type FolderId } from '../base/index.ts';
import { isStandInKey, recordKey, recordPrefix, seqOfKey } from '../log/index.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { EAGER, openFolder } from '../testing/open-folder.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { rebuildStore, surveyStore } from './index.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const DAY = 86_400_000;
const HISTORY = { everything: DAY, thinned: [] };

test('a state is carried over where a record that it stands for is there again, and nothing that this builds on', async () => {
  const clock = new VirtualClock();
  const { folder, state, store, retention, compactor } = await openFolder({
    ...{ seed: 1, id: ID, name: 'notes', clock, policy: EAGER, history: HISTORY },
  });
  const written = new Map<number, Uint8Array>();
  for (let day = 1; day < 6; day++) {
    await folder.writeFile('f.md', `day ${day}\n`.repeat(day));
    await folder.flush();
    const document = documentOf((await folder.stat('f.md')).id);
    const { lastSeq = 0 } = state.log.document(document) ?? {};
    written.set(lastSeq, (await state.log.read.record(document, lastSeq))?.bytes ?? Uint8Array.of());
    clock.advance(DAY);
    await retention?.idle();
    await compactor.idle();
  }
  const document = documentOf((await folder.stat('f.md')).id);
  const rows = new Map(store.rows);
  const standIn = [...rows.keys()].find(
    (key) => key.startsWith(recordPrefix(ID, document)) && isStandInKey(key),
  );
  const floor = seqOfKey(standIn ?? '');
  // Of a database that lost a file, what was removed may be there again.
  rows.set(recordKey(ID, document, floor), written.get(floor) as Uint8Array);
  const [from, to, random] = [memoryStore(rows), memoryStore(), seededRandom(3)];
  const survey = await surveyStore({ store: from, folder: ID, address: 'ws://relay', random });
  expect(survey.owed.has(document)).toBe(false);
  await rebuildStore({ survey, from, to, random, blobs: { size: async () => undefined } });
  const again = await openFolder({ seed: 2, id: ID, rows: to.rows });
  expect(await again.folder.readFile('f.md', 'utf8')).toBe('day 5\n'.repeat(5));
  await Promise.all([retention?.close(), compactor.close()]);
});
