import { describe, expect, test } from 'vitest';
import { type AuthorId, authorOf, type BlobName, type DocumentId, newRunId, utf8 } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import {
  decodeRecord,
  type FromDevice,
  type Heads,
  isSnapshot,
  type LogRecord,
  makeSnapshot,
} from '../protocol/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Conversation } from './testing/conversation.ts';
import { deviceId, FOLDER, openTestFolder, type TestFolder, write } from './testing/test-folder.ts';

const random = seededRandom(1);
const A = 'a' as DocumentId;
const FAR = authorOf(deviceId(9), newRunId(random));
const BLOB = 'ab'.repeat(32) as BlobName;

const open = (): Promise<TestFolder> => openTestFolder({ device: deviceId(1), random });
const headsOf = (author: AuthorId, counter: number): Heads => new Map([[author, counter]]);
const types = (messages: readonly FromDevice[]): string[] => messages.map(({ type }) => type);
const state = (covers: Heads): LogRecord =>
  makeSnapshot({ folder: FOLDER, document: A, covers, blobs: [BLOB], body: utf8('state') });

/** A conversation in which the peer has announced a document, up to this. */
async function announced(folder: TestFolder, heads: Heads): Promise<Conversation> {
  const talk = await Conversation.begin(folder);
  await talk.opened(5);
  await talk.changed({ a: heads }, 5);
  return talk;
}

describe('STATES', () => {
  test('is said once, before the first PULL of a document of which nothing is here', async () => {
    const talk = await announced(await open(), headsOf(FAR, 3));
    expect(types(talk.take())).toEqual(['OPEN', 'STATES', 'PULL']);
    await talk.records([state(headsOf(FAR, 3))], 'a');
    await talk.changed({ b: headsOf(FAR, 4) }, 6);
    expect(types(talk.take())).toEqual(['PULL']);
  });

  test('is not said where something is here of whatever is pulled', async () => {
    const folder = await open();
    await write(folder, ['a']);
    const talk = await announced(folder, headsOf(FAR, 3));
    expect(types(talk.take())).not.toContain('STATES');
  });

  test('is not said by who wants every record', async () => {
    const talk = await announced({ ...(await open()), takesStates: false }, headsOf(FAR, 3));
    expect(types(talk.take())).toEqual(['OPEN', 'PULL']);
  });
});

describe('a state that was pulled', () => {
  test('pays for what it covers, and the blobs that it names are wanted', async () => {
    const folder = await open();
    const talk = await announced(folder, headsOf(FAR, 3));
    await talk.records([state(headsOf(FAR, 3))], 'a');
    expect([...(folder.log.document(A)?.heads ?? [])]).toEqual([[FAR, 3]]);
    expect(folder.debts.documents).toBe(0);
    expect([...folder.debts.wantedBlobs]).toEqual([BLOB]);
    expect(await talk.kept()).toMatchObject({ seq: 5 });
  });

  test('that covers less than was announced leaves the rest owed', async () => {
    const folder = await open();
    const talk = await announced(folder, headsOf(FAR, 3));
    await talk.records([state(headsOf(FAR, 2))], 'a');
    expect(folder.debts.documents).toBe(1);
  });

  test('and is none is refused, with nothing of it stored', async () => {
    const checkState = (): never => {
      throw new EvermeshError('UPDATE_MALFORMED', 'no state');
    };
    const folder = { ...(await open()), checkState };
    const talk = await announced(folder, headsOf(FAR, 3));
    const refused = expect.objectContaining({ code: 'RECORD_MALFORMED' }) as unknown;
    await expect(talk.records([state(headsOf(FAR, 3))], 'a')).rejects.toEqual(refused);
    await expect(talk.live([state(headsOf(FAR, 3))], 6)).rejects.toEqual(refused);
    expect(folder.log.position.seq).toBe(0);
    expect(folder.debts.documents).toBe(1);
  });

  test('and covers what this run has not written is refused: it writes under those numbers yet', async () => {
    const folder = await open();
    const [own] = (await write(folder, ['b'])) as [LogRecord];
    const talk = await announced(folder, headsOf(FAR, 3));
    const forked = new Map([
      [FAR, 3],
      [folder.author, 2],
    ]);
    const refused = expect.objectContaining({ code: 'DEVICE_FORKED' }) as unknown;
    await expect(talk.records([state(forked)], 'a')).rejects.toEqual(refused);
    expect(folder.log.lastCounter(folder.author)).toBe(own.header.counter);
    const [next] = (await write(folder, ['a'])) as [LogRecord];
    expect(next.header).toMatchObject({ counter: 2, prev: 0 });
  });
});

test('a peer that lost what a state stands for is given the state, and what is behind it, in that order', async () => {
  const folder = await open();
  await folder.log.append([state(headsOf(FAR, 3))]).durable;
  await write(folder, ['a']);
  const put = async (known: Record<string, Heads>): Promise<string[]> => {
    const talk = await Conversation.begin(folder);
    await talk.opened(0);
    await talk.changed(known, 0);
    return talk
      .take()
      .flatMap((message) =>
        message.type === 'PUT'
          ? message.records.map((bytes) => (isSnapshot(decodeRecord(bytes)) ? 'state' : 'record'))
          : [],
      );
  };
  expect(await put({})).toEqual(['state', 'record']);
  // It has a part of what the state stands for: nobody here can say which records it lacks.
  expect(await put({ a: headsOf(FAR, 1) })).toEqual(['state', 'record']);
  expect(await put({ a: headsOf(FAR, 3) })).toEqual(['record']);
});
