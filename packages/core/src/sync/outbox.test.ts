import { expect, test } from 'vitest';
import { type AuthorId, authorOf, type DocumentId, newDeviceId, newRunId } from '../base/index.ts';
import { emptyIndex, standInOf, type StoredRecord } from '../log/index.ts';
import { encodeRecord, NO_HEADS } from '../protocol/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Outbox } from './outbox.ts';
import { FOLDER } from './testing/test-folder.ts';
import { plainWalk } from './walk.ts';

const random = seededRandom(1);
const DEVICE = newDeviceId(random);
const OTHER: AuthorId = authorOf(newDeviceId(random), newRunId(random));
const DOCUMENT = 'a' as DocumentId;
/** The place at which a state stands for all that was there, and the last of the log. */
const FLOOR = 9;
const LAST = 12;

const log: ConstructorParameters<typeof Outbox>[1] = {
  position: { seq: LAST, digest: new Uint8Array(16) },
  isWriting: () => false,
  assignedHeads: () => NO_HEADS,
  documents: () => [].values(),
  lastCounter: () => 0,
  document: () => ({
    ...emptyIndex(DOCUMENT),
    compacted: { stateBytes: 1, seq: FLOOR, records: FLOOR, bytes: 1, floor: FLOOR, open: [] },
  }),
};

function standIn(): StoredRecord {
  const covers = new Map([[OTHER, FLOOR]]);
  const state = { seq: FLOOR, records: FLOOR, covers, blobs: [], body: Uint8Array.of(1) };
  const record = standInOf(state, { folder: FOLDER, document: DOCUMENT });
  return { seq: FLOOR, record, bytes: encodeRecord(record), standsFor: FLOOR };
}

/** The peer gave all from the fourth place on; what stood at the third it lacks, and only the state has it now. */
function outboxBefore(): Outbox {
  const outbox = new Outbox(DEVICE, log);
  outbox.resume([{ from: 4, to: LAST }]);
  outbox.begin(plainWalk(2));
  return outbox;
}

test('a state that stands at a place that the peer filled is acknowledged when the peer has it, and no sooner', () => {
  const outbox = outboxBefore();
  const request = outbox.nextRead() as NonNullable<ReturnType<Outbox['nextRead']>>;
  expect(outbox.read(request, [standIn()], FLOOR)).toHaveLength(1);
  expect(outbox.acknowledged).toBe(FLOOR - 1);
  outbox.answered();
  expect(outbox.acknowledged).toBe(FLOOR);
});

test('what the peer filled behind the place that was looked at last is not acknowledged', () => {
  const outbox = outboxBefore();
  const request = outbox.nextRead() as NonNullable<ReturnType<Outbox['nextRead']>>;
  outbox.read(request, [], 3);
  expect(outbox.acknowledged).toBe(3);
});
