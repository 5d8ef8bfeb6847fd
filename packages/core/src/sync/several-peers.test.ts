/** A device that knows two peers of a folder: what one of them gave, the other gets. */
import { describe, expect, test } from 'vitest';
import type { AuthorId, DocumentId } from '../base/index.ts';
import { peerKey, progressRow } from '../log/index.ts';
import { type Heads, type LogRecord, makeSnapshot } from '../protocol/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Conversation, cursorAt, PEER, puts } from './testing/conversation.ts';
import { deviceId, FOLDER, give, openTestFolder, type TestFolder, write } from './testing/test-folder.ts';

const OTHER = 'other';
const random = seededRandom(1);
const open = (number: number, rows?: Map<string, Uint8Array>): Promise<TestFolder> =>
  openTestFolder({ device: deviceId(number), random, ...(rows === undefined ? {} : { rows }) });
const headsOf = (author: AuthorId, counter: number): Heads => new Map([[author, counter]]);

/** A device that both peers are in step with: `a 1` of another author, `b 1` its own. */
async function inStep(): Promise<{ folder: TestFolder; ben: TestFolder }> {
  const [folder, ben] = [await open(1), await open(2)];
  await write(ben, ['a']);
  await give(ben, folder);
  await write(folder, ['b']);
  for (const peer of [PEER, OTHER]) {
    const progress = { cursor: cursorAt(2), acknowledged: 2, received: [] };
    await folder.committer.commit([progressRow(FOLDER, peer, progress)]);
  }
  return { folder, ben };
}

/** A conversation with a peer whose log is where the device believes it to be. */
async function resumed(folder: TestFolder, peer: string): Promise<Conversation> {
  const talk = await Conversation.begin(folder, { peer });
  await talk.opened(2, { resumed: true });
  talk.take();
  return talk;
}
const one = async (folder: TestFolder, document: string): Promise<LogRecord> =>
  (await write(folder, [document]))[0] as LogRecord;

describe('what one peer gave', () => {
  test('goes to the other at once, in the order of the own log, and not back', async () => {
    const { folder, ben } = await inStep();
    const [one1, two] = [await resumed(folder, PEER), await resumed(folder, OTHER)];
    await one1.live([await one(ben, 'a')], 3);
    const own = await one(folder, 'a');
    expect(puts(one1.take())).toEqual([['a 2']]);
    expect(puts(two.take())).toEqual([['a 2'], ['a 2']]);
    expect([one1.session.isSettled, two.session.isSettled]).toEqual([false, false]);
    await one1.ack(own, 4);
    await two.ack(own, 3);
    expect(two.session.isSettled).toBe(false);
    await two.ack(own, 4);
    expect([one1.session.isSettled, two.session.isSettled]).toEqual([true, true]);
    expect([await one1.kept(), await two.kept()]).toEqual([
      { seq: 4, acknowledged: 4 },
      { seq: 4, acknowledged: 4 },
    ]);
  });

  test('goes to the other when that is visited, also after a crash', async () => {
    const { folder, ben } = await inStep();
    const talk = await resumed(folder, PEER);
    await talk.live([await one(ben, 'a')], 3);
    expect(await talk.kept()).toEqual({ seq: 3, acknowledged: 3 });
    const again = await open(1, folder.store.rows);
    const [same, other] = [
      await Conversation.begin(again, { peer: PEER }),
      await Conversation.begin(again, { peer: OTHER }),
    ];
    await same.opened(3, { resumed: true });
    await other.opened(2, { resumed: true });
    expect(puts(same.take())).toEqual([]);
    expect(puts(other.take())).toEqual([['a 2']]);
    expect([same.session.isSettled, other.session.isSettled]).toEqual([true, false]);
  });

  test('is not put to it again behind something that it has not acknowledged', async () => {
    const { folder, ben } = await inStep();
    const talk = await resumed(folder, PEER);
    const own = await one(folder, 'b');
    await talk.live([await one(ben, 'a')], 3);
    await talk.live([await one(ben, 'a')], 4);
    expect(await talk.kept()).toEqual({ seq: 4, acknowledged: 2 });
    const later = await Conversation.begin(await open(1, folder.store.rows));
    await later.opened(4, { resumed: true });
    expect(puts(later.take())).toEqual([['b 2']]);
    await later.ack(own, 5);
    expect(await later.kept()).toEqual({ seq: 5, acknowledged: 5 });
  });

  test('is not put to the other if that gave it as well before it was durable, or announced it', async () => {
    const { folder, ben } = await inStep();
    const [first, second] = [await resumed(folder, PEER), await resumed(folder, OTHER)];
    const record = await one(ben, 'a');
    await Promise.all([first.live([record], 3), second.live([record], 3)]);
    expect([...puts(first.take()), ...puts(second.take())]).toEqual([]);
    expect([await first.kept(), await second.kept()]).toEqual([
      { seq: 3, acknowledged: 3 },
      { seq: 3, acknowledged: 3 },
    ]);
    await first.live([await one(ben, 'a')], 4);
    second.take();
    const again = await Conversation.begin(await open(1, folder.store.rows), { peer: OTHER });
    await again.opened(4, { resumed: true });
    await again.changed({ a: headsOf(ben.author, 3) }, 4);
    expect(puts(again.take())).toEqual([]);
    expect(await again.kept()).toEqual({ seq: 4, acknowledged: 4 });
  });

  test('is given as it came, if it is a state', async () => {
    const { folder, ben } = await inStep();
    const [first, second] = [await resumed(folder, PEER), await resumed(folder, OTHER)];
    const covers = headsOf(ben.author, 5);
    const document = 'c' as DocumentId;
    const state = makeSnapshot({ folder: FOLDER, document, covers, blobs: [], body: new Uint8Array(1) });
    await first.live([state], 3);
    expect(puts(second.take())).toEqual([['c 1']]);
    expect(puts(first.take())).toEqual([]);
  });

  test('stays with a device that may only read there, until it may write', async () => {
    const { folder, ben } = await inStep();
    const first = await resumed(folder, PEER);
    const second = await Conversation.begin(folder, { peer: OTHER });
    await second.opened(2, { resumed: true, grant: 'read' });
    await first.live([await one(ben, 'a')], 3);
    await second.live([await one(ben, 'c')], 3);
    expect(puts(second.take())).toEqual([]);
    expect(second.session).toMatchObject({ isSettled: true, refusal: undefined });
    const later = await Conversation.begin(await open(1, folder.store.rows), { peer: OTHER });
    await later.opened(3, { resumed: true });
    expect([later.reopened, await later.kept()]).toEqual([1, undefined]);
  });
});

describe('a row of a version that gave peers its own records only', () => {
  /** What `inStep` keeps, without the spans. */
  async function old(): Promise<TestFolder> {
    const { folder } = await inStep();
    const progress = { cursor: cursorAt(2), acknowledged: 2, received: undefined };
    await folder.committer.commit([progressRow(FOLDER, PEER, progress)]);
    expect(folder.store.rows.get(peerKey(FOLDER, PEER))).toHaveLength(34);
    return folder;
  }

  test('is read, and the peer compared with once', async () => {
    const folder = await old();
    const talk = await Conversation.begin(folder);
    await talk.opened(2, { resumed: true });
    expect([talk.reopened, puts(talk.take()), await talk.kept()]).toEqual([1, [], undefined]);
    const again = await Conversation.begin(folder);
    expect(again.take()).toMatchObject([{ type: 'OPEN', cursor: undefined }]);
    await again.opened(2);
    await again.changed({ b: headsOf(folder.author, 1) }, 2);
    expect(puts(again.take())).toEqual([['a 1']]);
  });

  test('is enough where the device may only read', async () => {
    const talk = await Conversation.begin(await old());
    await talk.opened(2, { resumed: true, grant: 'read' });
    expect([talk.reopened, talk.session.isSettled]).toEqual([0, true]);
  });
});
