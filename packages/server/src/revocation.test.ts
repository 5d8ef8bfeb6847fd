/** What becomes of a channel, and of requests beside it, when what was granted does not hold any more. */
import { type DeviceId, type FolderId, Listeners, sha256, toHex, utf8 } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { FromDevice, FromRelay, Grant } from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Access,
  type Authorizer,
  allowEveryone,
  ChangingAuthorizer,
  sharedToken,
} from './authorizer.ts';
import { A, FOLDER, TestAuthor } from './testing/test-author.ts';
import { TestClient } from './testing/test-client.ts';
import { TestRelay } from './testing/test-relay.ts';

const OTHER = 'e'.repeat(32) as FolderId;

/** Answers as the test says, for each token. */
class Answers implements Authorizer {
  readonly changed: Listeners<void> = new Listeners();
  readonly given = new Map<string, Grant | Access | EvermeshError>();
  asked = 0;
  /** Awaited before each answer is given; what it is was settled before. */
  held: Promise<void> | undefined;

  async authorize(token: string): Promise<Grant | Access> {
    this.asked += 1;
    const answer = this.given.get(token) ?? 'none';
    await this.held;
    if (answer instanceof EvermeshError) throw answer;
    return answer;
  }
}

async function opened(answers: Authorizer, clock = new VirtualClock()): Promise<TestRelay> {
  const relay = await TestRelay.open({ authorizer: answers, clock });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  return relay;
}

const put = (author: TestAuthor, text: string): FromDevice => ({
  type: 'PUT',
  channel: 1,
  records: [author.record(A, text)],
});

test('with another shared token who came with the old one loses each channel, and nobody else one', async () => {
  const both = (shared: Authorizer): Authorizer => ({
    authorize: (token, folder) =>
      token === 'another' ? Promise.resolve('write') : shared.authorize(token, folder),
  });
  const authorizer = new ChangingAuthorizer(both(sharedToken('old')));
  const relay = await opened(authorizer);
  await using revoked = await TestClient.hello(relay.url, { token: 'old' });
  await using stays = await TestClient.hello(relay.url, { token: 'another' });
  await Promise.all([revoked.open(), stays.open()]);
  revoked.send({ type: 'OPEN', channel: 2, folder: OTHER, create: true, cursor: undefined });
  await revoked.next('OPENED');
  await revoked.next('CHANGED');
  const author = new TestAuthor(revoked.device);
  revoked.send(put(author, 'before'));
  await revoked.next('ACK');
  await stays.next('LIVE');

  authorizer.replace(both(sharedToken('new')));
  const lost = [await revoked.next('REFUSED'), await revoked.next('REFUSED')];
  expect(lost.map(({ channel, code }) => [channel, code])).toEqual([
    [1, 'AUTH_DENIED'],
    [2, 'AUTH_DENIED'],
  ]);
  // What comes on such a channel is passed over, and the socket stays for what it may still open.
  revoked.send(put(author, 'after'));
  await revoked.roundTrip();
  const other = new TestAuthor(stays.device);
  stays.send(put(other, 'still'));
  await stays.next('ACK');
  await revoked.roundTrip();
  expect([revoked.unread, stays.unread]).toEqual([[], []]);
  await using renewed = await TestClient.hello(relay.url, { token: 'new' });
  expect((await renewed.open()).cursor.seq).toBe(2);
});

test('a token that expires loses its channel at that moment, and may not open it again', async () => {
  const [answers, clock] = [new Answers(), new VirtualClock()];
  const relay = await opened(answers, clock);
  const until = clock.now() + 15_000;
  answers.given.set('short', { grant: 'write', until });
  await using client = await TestClient.hello(relay.url, { token: 'short' });
  await client.open();
  clock.advance(14_999);
  await client.roundTrip();
  expect([client.unread, answers.asked]).toEqual([[], 1]);
  clock.advance(1);
  expect(await client.next('REFUSED')).toMatchObject({ code: 'AUTH_EXPIRED', retryAfter: 60_000 });
  client.send({ type: 'LEAVE', channel: 1 });
  client.send({ type: 'OPEN', channel: 2, folder: FOLDER, create: true, cursor: undefined });
  expect(await client.next('REFUSED')).toMatchObject({ channel: 2, code: 'AUTH_EXPIRED' });
});

test('a token that is good for longer by then keeps its channel, without a word', async () => {
  const [answers, clock] = [new Answers(), new VirtualClock()];
  const relay = await opened(answers, clock);
  answers.given.set('t', { grant: 'write', until: clock.now() + 15_000 });
  await using client = await TestClient.hello(relay.url, { token: 't' });
  await client.open();
  answers.given.set('t', { grant: 'write', until: clock.now() + 30_000 });
  clock.advance(15_000);
  client.send(put(new TestAuthor(client.device), 'one'));
  await client.next('ACK');
  expect([client.unread, answers.asked]).toEqual([[], 2]);
});

test('an authorizer that says nothing of changes is asked again every five minutes', async () => {
  const clock = new VirtualClock();
  let grant: Grant = 'write';
  const relay = await opened({ authorize: () => Promise.resolve(grant) }, clock);
  await using client = await TestClient.hello(relay.url, { token: 't' });
  await client.open();
  // Five minutes of silence end a socket, so it is heard of meanwhile.
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 19_999) {
      clock.advance(Math.min(left, 19_999));
      await client.roundTrip();
    }
  };
  await pass(299_999);
  grant = 'none';
  await client.roundTrip();
  expect(client.unread).toEqual([]);
  clock.advance(1);
  expect(await client.next('REFUSED')).toMatchObject({ code: 'AUTH_DENIED' });
});

test('nothing is stored that comes while it is asked whether it may', async () => {
  const answers = new Answers();
  const relay = await opened(answers);
  answers.given.set('t', 'write');
  await using client = await TestClient.hello(relay.url, { token: 't' });
  await client.open();
  const author = new TestAuthor(client.device);
  let answer = (): void => {};
  answers.held = new Promise((resolve) => (answer = resolve));
  answers.changed.emit();
  client.send(put(author, 'one'), put(author, 'two'));
  await client.roundTrip();
  // Once more, while the answer is awaited: it is asked again, for the first answer may be too old.
  answers.given.set('t', 'none');
  answers.changed.emit();
  answer();
  expect(await client.next('REFUSED')).toMatchObject({ code: 'AUTH_DENIED' });
  await client.roundTrip();
  answers.given.set('good', 'write');
  await using after = await TestClient.hello(relay.url, { token: 'good' });
  expect((await after.open()).cursor.seq).toBe(0);
});

test('a grant that changed while it was asked for the first time is asked for again', async () => {
  const answers = new Answers();
  const relay = await opened(answers);
  answers.given.set('t', 'write');
  let answer = (): void => {};
  answers.held = new Promise((resolve) => (answer = resolve));
  await using client = await TestClient.hello(relay.url, { token: 't' });
  client.send({ type: 'OPEN', channel: 1, folder: FOLDER, create: true, cursor: undefined });
  await client.roundTrip();
  expect(answers.asked).toBe(1);
  answers.given.set('t', 'none');
  answers.changed.emit();
  answer();
  expect(await client.next('REFUSED')).toMatchObject({ code: 'AUTH_DENIED' });
});

test('what waited for the answer is taken in its order if that is the same', async () => {
  const answers = new Answers();
  const relay = await opened(answers);
  answers.given.set('t', 'write');
  await using client = await TestClient.hello(relay.url, { token: 't' });
  await client.open();
  const author = new TestAuthor(client.device);
  let answer = (): void => {};
  answers.held = new Promise((resolve) => (answer = resolve));
  answers.changed.emit();
  for (let i = 1; i <= 20; i++) client.send(put(author, `${i}`));
  await client.roundTrip();
  expect(client.unread).toEqual([]);
  answer();
  for (let i = 1; i <= 20; i++) expect(await client.next('ACK')).toMatchObject({ counter: i });
});

test.each<[Grant, Grant]>([
  ['write', 'read'],
  ['read', 'write'],
])(
  'who was granted to %s and may now %s opens the channel again, at once, and is told',
  async (before, now) => {
    const answers = new Answers();
    const relay = await opened(answers);
    answers.given.set('t', before);
    await using client = await TestClient.hello(relay.url, { token: 't' });
    expect((await client.open()).grant).toBe(before);
    answers.given.set('t', now);
    answers.changed.emit();
    expect(await client.next('REFUSED')).toMatchObject({ code: 'AUTH_DENIED', retryAfter: 1000 });
    client.send({ type: 'LEAVE', channel: 1 });
    expect((await client.open()).grant).toBe(now);
  },
);

test('while nobody can tell, what ends by itself holds until then, and other grants do not', async () => {
  const [answers, clock] = [new Answers(), new VirtualClock()];
  const relay = await opened(answers, clock);
  answers.given.set('lasting', 'write');
  answers.given.set('ending', { grant: 'write', until: clock.now() + 15_000 });
  await using lasting = await TestClient.hello(relay.url, { token: 'lasting' });
  await using ending = await TestClient.hello(relay.url, { token: 'ending' });
  await Promise.all([lasting.open(), ending.open()]);
  const down = new EvermeshError('AUTH_UNAVAILABLE', 'No keys.');
  answers.given.set('lasting', down).set('ending', down);
  answers.changed.emit();
  expect(await lasting.next('REFUSED')).toMatchObject({ code: 'AUTH_UNAVAILABLE', retryAfter: 10_000 });
  ending.send(put(new TestAuthor(ending.device), 'one'));
  await ending.next('ACK');
  clock.advance(15_000);
  expect(await ending.next('REFUSED')).toMatchObject({ code: 'AUTH_UNAVAILABLE' });
});

test('requests beside the socket are answered by what holds now', async () => {
  const answers = new Answers();
  const relay = await opened(answers);
  const content = utf8('content');
  const url = `${relay.http}/v1/folders/${FOLDER}/blobs/${toHex(sha256(content))}`;
  const ask = async (method: string): Promise<[number, unknown]> => {
    const body = method === 'PUT' ? { body: content as Uint8Array<ArrayBuffer> } : {};
    const response = await fetch(url, { method, headers: { authorization: 'Bearer t' }, ...body });
    const said = await response.text();
    return [response.status, said.startsWith('{') ? (JSON.parse(said) as { code: string }).code : said];
  };
  answers.given.set('t', 'write');
  expect(await ask('PUT')).toEqual([204, '']);
  answers.given.set('t', 'read');
  expect(await ask('PUT')).toEqual([403, 'AUTH_DENIED']);
  expect(await ask('GET')).toEqual([200, 'content']);
  answers.given.set('t', new EvermeshError('AUTH_EXPIRED', 'Over.'));
  expect(await ask('GET')).toEqual([401, 'AUTH_EXPIRED']);
  answers.given.set('t', new EvermeshError('AUTH_UNAVAILABLE', 'No keys.'));
  expect(await ask('GET')).toEqual([503, 'AUTH_UNAVAILABLE']);
  answers.given.set('t', 'none');
  expect(await ask('GET')).toEqual([403, 'AUTH_DENIED']);
});

test('nobody who is let in because everybody is hides behind another authorizer', () => {
  const unsafe: unknown = expect.objectContaining({ code: 'RELAY_UNSAFE' });
  expect(() => new ChangingAuthorizer(allowEveryone)).toThrow(unsafe);
  const changing = new ChangingAuthorizer(sharedToken('t'));
  expect(() => changing.replace(allowEveryone)).toThrow(unsafe);
});

test.each([
  ['none', 'REFUSED'],
  ['write', 'CHANGED'],
] as const)('nothing is told of a folder while it is asked whether it may be: %s', async (now, first) => {
  let answer: Promise<Grant> = Promise.resolve('write');
  const changed = new Listeners<void>();
  const relay = await opened({
    changed,
    authorize: (token) => (token === 'reads' ? answer : Promise.resolve('write')),
  });
  await using reader = await TestClient.hello(relay.url, { token: 'reads' });
  await using writer = await TestClient.hello(relay.url, { token: 'writes' });
  await Promise.all([reader.open(), writer.open()]);
  let told: (grant: Grant) => void = () => undefined;
  answer = new Promise((resolve) => {
    told = resolve;
  });
  changed.emit();
  writer.send(put(new TestAuthor(writer.device), 'a secret'));
  await writer.next('ACK');
  await reader.roundTrip();
  told(now);
  await reader.next(first);
});

test('what is being given is not given further while it is asked whether it may be; others are given all meanwhile', async () => {
  let answer: Promise<Grant> = Promise.resolve('write');
  const changed = new Listeners<void>();
  const relay = await opened({
    changed,
    authorize: (token) => (token === 'asked' ? answer : Promise.resolve('write')),
  });
  await using asked = await TestClient.hello(relay.url, { token: 'asked' });
  await using other = await TestClient.hello(relay.url, { token: 'other' });
  await Promise.all([asked.open(), other.open()]);
  const author = new TestAuthor('d'.repeat(32) as DeviceId);
  await using writer = await TestClient.hello(relay.url, {
    token: 'writer',
    device: 'd'.repeat(32) as DeviceId,
  });
  await writer.open();
  // More than waits to leave at one time.
  const records = Array.from({ length: 24 }, () => author.record(A, new Uint8Array(1024 * 1024)));
  for (const record of records) {
    writer.send({ type: 'PUT', channel: 1, records: [record] });
    await writer.next('ACK');
    await Promise.all([asked.next('LIVE'), other.next('LIVE')]);
  }
  const pull: FromDevice = { type: 'PULL', channel: 1, documents: [{ document: A, heads: new Map() }] };
  const given = new Map([
    [asked, 0],
    [other, 0],
  ]);
  const readUntil = async (client: TestClient, isThis: (message: FromRelay) => boolean): Promise<void> => {
    for (let isFound = false; !isFound;) {
      const message = await client.any();
      if (message.type === 'RECORDS') given.set(client, (given.get(client) ?? 0) + message.records.length);
      isFound = isThis(message);
    }
  };
  const isLast = (message: FromRelay): boolean => message.type === 'RECORDS' && message.done.length > 0;
  asked.send(pull);
  await readUntil(asked, ({ type }) => type === 'RECORDS');
  let told: (grant: Grant) => void = () => undefined;
  answer = new Promise((resolve) => {
    told = resolve;
  });
  changed.emit();
  for (let times = 0; times < 2; times++) {
    other.send(pull);
    await readUntil(other, isLast);
  }
  asked.send({ type: 'PING' });
  await readUntil(asked, ({ type }) => type === 'PONG');
  expect(given.get(other)).toBe(2 * records.length);
  expect(given.get(asked)).toBeLessThan(records.length);
  told('write');
  await readUntil(asked, isLast);
  expect(given.get(asked)).toBe(records.length);
});
