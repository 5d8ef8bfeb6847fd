import { describe, expect, test } from 'vitest';
import type { AuthorId, DocumentId, Epoch } from '../base/index.ts';
import { ANY_PEER, Debts, progressRow } from '../log/index.ts';
import { type FromDevice, type Heads, keptHeads, type LogRecord } from '../protocol/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Conversation, cursorAt, PEER, puts } from './testing/conversation.ts';
import { deviceId, FOLDER, give, openTestFolder, type TestFolder, write } from './testing/test-folder.ts';

const random = seededRandom(1);
const open = (number: number, rows?: Map<string, Uint8Array>): Promise<TestFolder> =>
  openTestFolder({ device: deviceId(number), random, ...(rows === undefined ? {} : { rows }) });

/** A device that has told the peer of everything and heard of everything up to place 5 of its log. */
async function inStep(): Promise<{ folder: TestFolder; other: TestFolder; own: LogRecord }> {
  const other = await open(2);
  const folder = await open(1);
  await write(other, ['a']);
  await give(other, folder);
  const [own] = (await write(folder, ['b'])) as [LogRecord];
  const progress = { cursor: cursorAt(5), acknowledged: 2, received: [] };
  await folder.committer.commit([progressRow(FOLDER, PEER, progress)]);
  return { folder, other, own };
}

const headsOf = (author: AuthorId, counter: number): Heads => new Map([[author, counter]]);
const types = (messages: readonly FromDevice[]): string[] => messages.map(({ type }) => type);

describe('opening', () => {
  test('a device that has nothing of the folder asks for all of it and does not ask that it be made', async () => {
    const [folder, other] = [await open(1), await open(2)];
    const talk = await Conversation.begin(folder);
    expect(talk.take()).toEqual([
      { type: 'OPEN', channel: 1, folder: FOLDER, create: false, cursor: undefined },
    ]);
    const [tree, a] = await write(other, ['tree0', 'a']);
    await talk.opened(2);
    await talk.changed({ a: headsOf(other.author, 2) });
    await talk.changed({ tree0: headsOf(other.author, 1) }, 2);
    expect(talk.session.isSettled).toBe(false);
    expect(talk.take().map((message) => message.type === 'PULL' && message.documents)).toEqual([
      // STATES, once.
      false,
      [{ document: 'a', heads: new Map() }],
      [{ document: 'tree0', heads: new Map() }],
    ]);
    await talk.records([tree as LogRecord, a as LogRecord], 'tree0', 'a');
    expect(folder.log.lastCounter(other.author)).toBe(2);
    expect(talk.session.isSettled).toBe(true);
    expect(await talk.kept()).toMatchObject({ seq: 2 });
    expect(talk.take()).toEqual([]);
  });

  test('a device in step sends OPEN, hears OPENED, and both are silent', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    expect(talk.take()).toMatchObject([{ type: 'OPEN', create: true, cursor: cursorAt(5) }]);
    await talk.opened(5, { resumed: true });
    expect(talk.session.isSettled).toBe(true);
    expect(talk.take()).toEqual([]);
  });

  test('a device that resumes pulls what changed and puts what it wrote meanwhile, and nothing else', async () => {
    const { folder, other } = await inStep();
    await write(folder, ['b', 'tree0']);
    const [changed] = (await write(other, ['a'])) as [LogRecord];
    const talk = await Conversation.begin(folder);
    await talk.opened(6, { resumed: true });
    await talk.changed({ a: headsOf(other.author, 2) }, 6);
    const sent = talk.take();
    expect(types(sent)).toEqual(['OPEN', 'PULL', 'PUT']);
    const held = keptHeads(headsOf(other.author, 1));
    expect(sent[1]).toMatchObject({ documents: [{ document: 'a', heads: held }] });
    expect(puts(sent)).toEqual([['b 2', 'tree0 3']]);
    await talk.records([changed], 'a');
    expect(talk.session.isSettled).toBe(false);
    await talk.ack((await folder.log.read.record('tree0' as DocumentId, 4))?.record as LogRecord, 8);
    expect(talk.session.isSettled).toBe(true);
    expect(await talk.kept()).toEqual({ seq: 8, acknowledged: 5 });
  });

  test('what is gone is owed by a peer that announces it, and by nobody once one was compared with', async () => {
    const [folder, other] = [await open(1), await open(2)];
    await write(other, ['a']);
    const gone = { bytes: 0, heads: headsOf(other.author, 2) };
    const rows = folder.debts.owe(ANY_PEER, [
      { document: 'a' as DocumentId, ...gone },
      { document: 'tree0' as DocumentId, ...gone },
    ]);
    await folder.committer.commit(rows);
    const talk = await Conversation.begin(folder);
    await talk.opened(2);
    await talk.changed({ b: headsOf(other.author, 2) });
    expect(folder.debts.owed(ANY_PEER)).toHaveLength(2);
    await talk.changed({ a: headsOf(other.author, 1) }, 2);
    await folder.committer.idle();
    const kept = await Debts.load(folder.store, FOLDER);
    expect(kept.owed(ANY_PEER)).toEqual([]);
    expect(kept.owed(PEER).map(({ document }) => document)).toEqual(['a', 'b']);
    expect(kept.toldHeads('tree0' as DocumentId)).toEqual(new Map());
  });

  test('what was announced counts from the moment it is heard, not only once it is noted', async () => {
    const { folder, other } = await inStep();
    const [changed] = (await write(other, ['a'])) as [LogRecord];
    const talk = await Conversation.begin(folder);
    await talk.opened(6, { resumed: true });
    const heard = talk.changed({ a: headsOf(other.author, 2) }, 6);
    expect(talk.session).toMatchObject({ state: 'live', isSettled: false });
    await heard;
    expect(talk.session.isSettled).toBe(false);
    const arrived = talk.records([changed], 'a');
    expect(talk.session.isSettled).toBe(false);
    await arrived;
    expect(talk.session.isSettled).toBe(true);
  });

  test('what the peer announces to hold already is not put again', async () => {
    const { folder } = await inStep();
    await write(folder, ['b']);
    const talk = await Conversation.begin(folder);
    await talk.opened(6, { resumed: true });
    await talk.changed({ b: headsOf(folder.author, 2) }, 6);
    expect(types(talk.take())).toEqual(['OPEN']);
    expect(talk.session.isSettled).toBe(true);
  });
});

describe('another log', () => {
  test.each([
    ['of another epoch', { cursor: cursorAt(9, 'e2'.repeat(16) as Epoch) }],
    ['that was rolled back', { cursor: cursorAt(3) }],
  ])('%s is given what it lacks, whoever wrote it', async (_what, opened) => {
    const { folder, other } = await inStep();
    await write(other, ['a']);
    await give(other, folder);
    const talk = await Conversation.begin(folder);
    await talk.opened(0, opened);
    await talk.changed({ a: headsOf(other.author, 1) }, opened.cursor.seq);
    expect(puts(talk.take())).toEqual([['b 1'], ['a 2']]);
  });

  test('that says it resumes, but has another epoch, is compared all the same', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(1, { resumed: true, cursor: cursorAt(1, 'e2'.repeat(16) as Epoch) });
    await talk.changed({}, 1);
    expect(puts(talk.take())).toEqual([['a 1'], ['b 1']]);
  });

  test('is not resumed until it has all: a connection lost half-way compares anew', async () => {
    const { folder, own } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(0, { cursor: cursorAt(0, 'e2'.repeat(16) as Epoch) });
    await talk.changed({}, 0);
    const [[a]] = [await recordsIn(folder, 'a')];
    await talk.ack(a as LogRecord, 1);
    expect(await talk.kept()).toBe(undefined);
    await talk.ack(own, 2);
    expect(await talk.kept()).toEqual({ seq: 2, acknowledged: 2 });
  });

  test('owes no more of what it announced before than it holds', async () => {
    const { folder, other } = await inStep();
    const first = await Conversation.begin(folder);
    await first.opened(6, { resumed: true });
    await first.changed({ a: headsOf(other.author, 3), c: headsOf(other.author, 4) }, 6);
    expect(folder.debts.owed(PEER)).toHaveLength(2);

    const again = await open(1, folder.store.rows);
    const talk = await Conversation.begin(again);
    await talk.opened(2, { cursor: cursorAt(2) });
    expect(again.debts.owed(PEER)).toHaveLength(2);
    await talk.changed({ a: headsOf(other.author, 2) }, 2);
    expect(again.debts.owed(PEER)).toMatchObject([{ document: 'a', heads: headsOf(other.author, 2) }]);
    expect(await debtsInStore(again)).toEqual(['a']);
  });

  test('owes nothing of that any more once it is set back to the log that it was before', async () => {
    const { folder, other } = await inStep();
    const meanwhile = await Conversation.begin(folder);
    await meanwhile.opened(7, { cursor: cursorAt(7, 'e2'.repeat(16) as Epoch) });
    await meanwhile.changed({ a: headsOf(other.author, 3) }, 7);
    expect(await debtsInStore(folder)).toEqual(['a']);

    const again = await open(1, folder.store.rows);
    const talk = await Conversation.begin(again);
    const [asks] = talk.take() as [FromDevice & { cursor?: unknown }];
    await talk.opened(5, { resumed: asks.cursor !== undefined });
    await talk.changed({ a: headsOf(other.author, 1), b: headsOf(folder.author, 1) }, 5);
    expect(await debtsInStore(again)).toEqual([]);
    expect(talk.session.isSettled).toBe(true);
  });

  test('that resumes, but ends before what it announced page by page, is compared with once', async () => {
    const { folder, other } = await inStep();
    const meanwhile = await Conversation.begin(folder);
    await meanwhile.opened(9, { resumed: true });
    await meanwhile.changed({ a: headsOf(other.author, 3) });
    expect(await debtsInStore(folder)).toEqual(['a']);

    const again = await open(1, folder.store.rows);
    const resumed = await Conversation.begin(again);
    await resumed.opened(5, { resumed: true });
    expect(types(resumed.take())).toEqual(['OPEN', 'PULL']);
    await resumed.records([], 'a');
    expect([resumed.reopened, resumed.session.state, await resumed.kept()]).toEqual([
      1,
      'opening',
      undefined,
    ]);

    const talk = await Conversation.begin(again);
    expect(talk.take()).toMatchObject([{ type: 'OPEN', cursor: undefined }]);
    await talk.opened(5);
    await talk.changed({ a: headsOf(other.author, 1), b: headsOf(folder.author, 1) }, 5);
    expect(await debtsInStore(again)).toEqual([]);
    expect([talk.reopened, talk.session.isSettled]).toEqual([0, true]);
    expect(await talk.kept()).toEqual({ seq: 5, acknowledged: 2 });
  });
});

describe('debts', () => {
  test('are stored in the batch that moves the cursor over them', async () => {
    const { folder, other } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(7, { resumed: true });
    const before = folder.store.batches;
    await talk.changed({ a: headsOf(other.author, 2), c: headsOf(other.author, 3) }, 7);
    expect(folder.store.batches).toBe(before + 1);
    expect(await talk.kept()).toEqual({ seq: 7, acknowledged: 2 });
    expect(await debtsInStore(folder)).toEqual(['a', 'c']);

    const later = await Conversation.begin(await open(1, folder.store.rows));
    await later.opened(7, { resumed: true });
    expect(types(later.take())).toEqual(['OPEN', 'STATES', 'PULL']);
    expect(later.session.isSettled).toBe(false);
  });

  test('grow by what is live while they are pulled, and are paid when all of that is here', async () => {
    const { folder, other } = await inStep();
    const [second, third] = [(await write(other, ['a']))[0], (await write(other, ['a']))[0]] as LogRecord[];
    const talk = await Conversation.begin(folder);
    await talk.opened(6, { resumed: true });
    await talk.changed({ a: headsOf(other.author, 2) }, 6);
    await talk.live([third as LogRecord], 7);
    expect(folder.log.lastCounter(other.author)).toBe(1);
    talk.take();
    await talk.records([second as LogRecord], 'a');
    expect(talk.session.isSettled).toBe(false);
    const held = keptHeads(headsOf(other.author, 2));
    expect(talk.take()).toMatchObject([{ documents: [{ document: 'a', heads: held }] }]);
    await talk.records([third as LogRecord], 'a');
    expect(talk.session.isSettled).toBe(true);
    expect(await debtsInStore(folder)).toEqual([]);
  });

  test('begin with a live record whose predecessor is not here', async () => {
    const { folder, other } = await inStep();
    await write(other, ['a']);
    const [third] = (await write(other, ['a'])) as [LogRecord];
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    await talk.live([third], 6);
    expect(await debtsInStore(folder)).toEqual(['a']);
    expect(types(talk.take())).toEqual(['OPEN', 'PULL']);
  });

  test('of a peer that sends nothing of what it announced are not asked for again and again', async () => {
    const { folder, other } = await inStep();
    const resumed = await Conversation.begin(folder);
    await resumed.opened(6, { resumed: true });
    await resumed.changed({ a: headsOf(other.author, 9) }, 6);
    await resumed.records([], 'a');
    expect(types(resumed.take())).toEqual(['OPEN', 'PULL']);
    expect([resumed.reopened, resumed.session.isSettled]).toEqual([1, false]);

    // Compared with, it announces the same: so that is asked for once more.
    const talk = await Conversation.begin(folder);
    await talk.opened(6);
    await talk.changed({ a: headsOf(other.author, 9), b: headsOf(folder.author, 1) }, 6);
    await talk.records([], 'a');
    await talk.records([], 'a');
    expect(types(talk.take())).toEqual(['OPEN', 'PULL', 'PULL']);
    expect([talk.reopened, talk.session.isSettled]).toEqual([0, false]);
  });
});

describe('what the peer had not the credit to send', () => {
  test('is asked for again from where it ended, once what came before is durable, and is in step when it came', async () => {
    const { folder, other } = await inStep();
    const [one, two] = (await write(other, ['a', 'a'])) as [LogRecord, LogRecord];
    const talk = await Conversation.begin(folder);
    await talk.opened(6, { resumed: true });
    await talk.changed({ a: headsOf(other.author, 3) }, 6);
    talk.take();
    await talk.records([one]);
    await talk.unsent('a', 'nobody asked for this');
    expect(talk.session.isSettled).toBe(false);
    const heads = keptHeads(headsOf(other.author, 2));
    expect(talk.take()).toMatchObject([{ type: 'PULL', documents: [{ document: 'a', heads }] }]);
    // As often as it is so, and also when nothing came.
    await talk.unsent('a');
    expect(talk.take()).toMatchObject([{ type: 'PULL', documents: [{ document: 'a', heads }] }]);
    await talk.records([two], 'a');
    expect([talk.session.isSettled, talk.reopened]).toEqual([true, 0]);
  });
});

describe('a gap', () => {
  test('is filled with what the peer lacks of the document, and the cursor is not kept until it is', async () => {
    const { folder, own } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    const [second] = (await write(folder, ['b'])) as [LogRecord];
    expect(puts(talk.take())).toEqual([['b 2']]);
    await talk.gap('b', new Map());
    expect(puts(talk.take())).toEqual([['b 1', 'b 2']]);
    expect(await talk.kept()).toBeUndefined();
    expect(own.header.counter).toBe(1);
    await talk.ack(second, 7);
    expect(await talk.kept()).toEqual({ seq: 7, acknowledged: 3 });
    expect(talk.session.isSettled).toBe(true);
  });

  test('that the answers to older PUTs repeat is repaired once', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    await write(folder, ['b']);
    const [third] = (await write(folder, ['b'])) as [LogRecord];
    talk.take();
    await talk.gap('b', new Map());
    await talk.gap('b', new Map());
    expect(puts(talk.take())).toEqual([['b 1', 'b 2', 'b 3']]);
    await talk.ack(third, 8);
    expect(talk.session.state).toBe('live');
    expect(talk.session.isSettled).toBe(true);
  });

  test('that stays after the repair ends the folder by name', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    await write(folder, ['b']);
    await talk.gap('b', new Map());
    await talk.gap('b', new Map());
    expect(talk.session.state).toBe('refused');
    expect(talk.session.refusal).toMatchObject({ code: 'RECORD_GAP' });
  });
});

describe('what is refused', () => {
  test('a device that may only read sends nothing, says why, and still receives', async () => {
    const { folder, other } = await inStep();
    await write(folder, ['b']);
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true, grant: 'read' });
    const [live] = (await write(other, ['a'])) as [LogRecord];
    await talk.live([live], 6);
    expect(types(talk.take())).toEqual(['OPEN']);
    expect(talk.session.refusal).toMatchObject({ code: 'AUTH_DENIED' });
    expect(folder.log.lastCounter(other.author)).toBe(2);
    expect(await talk.kept()).toEqual({ seq: 6, acknowledged: 2 });
  });

  test('a device that may only read, and wrote nothing, is in step', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(9, { grant: 'read', cursor: cursorAt(9, 'e2'.repeat(16) as Epoch) });
    await talk.changed({ b: headsOf(folder.author, 1) }, 9);
    expect(types(talk.take())).toEqual(['OPEN']);
    expect(talk.session).toMatchObject({ isSettled: true, refusal: undefined });
  });

  test('a group that no frame of the peer holds is refused by name, and nothing of it is sent', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder, { frameBytes: 200_000 });
    await talk.opened(5, { resumed: true });
    talk.take();
    await write(folder, ['b', 'tree0'], { body: new Uint8Array(90_000) });
    expect(talk.take()).toEqual([]);
    expect(talk.session.refusal).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    expect(talk.session.isSettled).toBe(false);
  });

  test('a folder that the peer refuses says nothing more, and when to ask again', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    const refused = { type: 'REFUSED', channel: 1, reason: 'full', retryAfter: 3000 } as const;
    await talk.say({ ...refused, code: 'RELAY_DRAINING' });
    expect(talk.session).toMatchObject({
      state: 'refused',
      refusal: { code: 'RELAY_DRAINING', retryAfter: 3000 },
    });
    talk.take();
    await write(folder, ['b']);
    await talk.opened(5);
    expect(talk.take()).toEqual([]);
  });
});

describe('what the peer has no room for', () => {
  const full = {
    type: 'UNTAKEN',
    channel: 1,
    code: 'QUOTA_EXCEEDED',
    reason: 'full',
    retryAfter: 60_000,
  } as const;

  test('waits, by the document, and holds up nothing that stands beside or behind it', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    const [tree] = (await write(folder, ['tree0', 'large'])) as [LogRecord];
    expect(puts(talk.take())).toEqual([['tree0 2', 'large 3']]);
    await talk.say(full);
    expect(puts(talk.take())).toEqual([['tree0 2'], ['large 3']]);
    await talk.ack(tree, 6);
    await talk.say(full);
    expect([...talk.session.withheld]).toEqual(['large']);
    const [, behind] = (await write(folder, ['large', 'b'])) as [LogRecord, LogRecord];
    expect(puts(talk.take())).toEqual([['b 5']]);
    await talk.ack(behind, 7);
    const why = { code: 'QUOTA_EXCEEDED' };
    expect(talk.session).toMatchObject({ isSettled: true, withheld: new Set(['large']), full: why });
    expect(await talk.kept()).toEqual({ seq: 7, acknowledged: 3 });
  });

  test('is offered again, alone, by this connection as by a later one', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    const [large] = (await write(folder, ['large'])) as [LogRecord];
    await talk.say(full);
    const [b] = (await write(folder, ['b'])) as [LogRecord];
    await talk.ack(b, 7);
    expect(puts(talk.take())).toEqual([['large 2'], ['b 3']]);
    expect(await talk.kept()).toEqual({ seq: 7, acknowledged: 2 });

    const later = await Conversation.begin(await open(1, new Map(folder.store.rows)));
    await later.opened(7, { resumed: true });
    expect(puts(later.take())).toEqual([['large 2']]);

    await talk.tryAgain();
    expect(puts(talk.take())).toEqual([['large 2']]);
    await talk.ack(large, 8);
    expect(talk.session).toMatchObject({ isSettled: true, withheld: new Set() });
    expect(await talk.kept()).toEqual({ seq: 8, acknowledged: 4 });
  });

  test('is looked for while others are written without a pause: they wait until all that is on its way is answered', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    await write(folder, ['large']);
    await talk.say(full);
    const [b] = (await write(folder, ['b'])) as [LogRecord];
    expect(puts(talk.take())).toEqual([['large 2'], ['b 3']]);
    await talk.tryAgain();
    await write(folder, ['c']);
    expect(puts(talk.take())).toEqual([]);
    await talk.ack(b, 7);
    expect(puts(talk.take())).toEqual([['large 2', 'c 4']]);
    const [c] = await recordsIn(folder, 'c');
    await talk.ack(c as LogRecord, 9);
    expect(talk.session).toMatchObject({ isSettled: true, withheld: new Set() });
    expect(await talk.kept()).toEqual({ seq: 9, acknowledged: 5 });
  });

  test('is sent before what builds on it, when that was on its way already', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    await write(folder, ['a', 'c']);
    await write(folder, ['a']);
    expect(puts(talk.take())).toEqual([['a 2', 'c 3'], ['a 4']]);
    await talk.say(full);
    await talk.gap('a', new Map());
    expect(puts(talk.take())).toEqual([['a 2'], ['c 3'], ['a 4']]);
    await talk.say(full);
    expect([...talk.session.withheld]).toEqual(['a']);
    const [c] = await recordsIn(folder, 'c');
    await talk.ack(c as LogRecord, 6);
    await talk.gap('a', new Map());
    expect(puts(talk.take())).toEqual([]);
    expect(talk.session).toMatchObject({ isSettled: true, withheld: new Set(['a']) });
    expect(await talk.kept()).toEqual({ seq: 6, acknowledged: 2 });
  });
});

describe('out of turn', () => {
  const unexpected = expect.objectContaining({ code: 'MESSAGE_UNEXPECTED' }) as unknown;

  test('before OPENED nothing else is taken, and OPENED only once', async () => {
    const { folder, own } = await inStep();
    const talk = await Conversation.begin(folder);
    await expect(talk.live([], 6)).rejects.toEqual(unexpected);
    await expect(talk.changed({}, 6)).rejects.toEqual(unexpected);
    await expect(talk.ack(own, 6)).rejects.toEqual(unexpected);
    await talk.opened(5, { resumed: true });
    await expect(talk.opened(5, { resumed: true })).rejects.toEqual(unexpected);
  });

  test('LIVE before the last CHANGED is not taken', async () => {
    const { folder } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(7, { resumed: true });
    await expect(talk.live([], 7)).rejects.toEqual(unexpected);
  });

  test('an answer to no PUT, or to another, is not taken', async () => {
    const { folder, own } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    await expect(talk.ack(own, 6)).rejects.toEqual(unexpected);
    await expect(talk.gap('b', new Map())).rejects.toEqual(unexpected);
    await write(folder, ['b']);
    await expect(talk.ack(own, 6)).rejects.toEqual(unexpected);
  });

  test('a record of another folder is not stored', async () => {
    const { folder, own } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    const stray = { ...own, header: { ...own.header, folder: '00'.repeat(16) as typeof FOLDER } };
    await expect(talk.live([stray], 6)).rejects.toMatchObject({ code: 'RECORD_MALFORMED' });
  });

  test('what covers more than itself, and is no snapshot, is not stored', async () => {
    const { folder, other, own } = await inStep();
    const talk = await Conversation.begin(folder);
    await talk.opened(5, { resumed: true });
    const covers = headsOf(other.author, 9);
    for (const more of [{ kind: 'snapshot' as const }, { covers }, { kind: 'snapshot' as const, covers }]) {
      const malformed = { ...own, header: { ...own.header, ...more } };
      await expect(talk.live([malformed], 6)).rejects.toMatchObject({ code: 'RECORD_MALFORMED' });
      await expect(talk.records([malformed])).rejects.toMatchObject({ code: 'RECORD_MALFORMED' });
    }
  });
});

async function recordsIn(folder: TestFolder, document: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const { record } of folder.log.read.document(document as DocumentId, new Map()))
    found.push(record);
  return found;
}

async function debtsInStore(folder: TestFolder): Promise<string[]> {
  await folder.log.idle();
  const prefix = `f/${FOLDER}/o/${PEER}/`;
  return [...folder.store.rows.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}
