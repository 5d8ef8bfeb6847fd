import { EvermeshError, type Link } from '@evermesh/core';
import { expect, onTestFinished, test } from 'vitest';
import { LinkWatch } from './link-watch.ts';
import { FakeLink, FOLDER, ManualClock } from './testing/fake-link.ts';
import { TokenRenewal } from './token-renewal.ts';

class TokenFile {
  text: string | undefined = 'old';
  reads = 0;

  read(): Promise<string> {
    this.reads += 1;
    return this.text === undefined ? Promise.reject(new Error('no file')) : Promise.resolve(this.text);
  }
}

function open(): {
  clock: ManualClock;
  link: FakeLink;
  next: FakeLink;
  watch: LinkWatch;
  file: TokenFile;
  tokens: string[];
} {
  const [clock, link, next, file] = [new ManualClock(), new FakeLink(), new FakeLink(), new TokenFile()];
  const watch = new LinkWatch(link.asLink, FOLDER, 'ws://r');
  const tokens: string[] = [];
  const connect = (token: string): Link => {
    tokens.push(token);
    return next.asLink;
  };
  const renewal = new TokenRenewal({ clock, link: watch, token: 'old', read: () => file.read(), connect });
  onTestFinished(() => renewal[Symbol.dispose]());
  return { clock, link, next, watch, file, tokens };
}

const refuse = (link: FakeLink, code: 'AUTH_DENIED' | 'AUTH_EXPIRED' = 'AUTH_DENIED'): void =>
  link.set({ state: 'refused', error: new EvermeshError(code, 'No.') });
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a token file that was changed before the relay refused the old token is read at once', async () => {
  const { link, next, watch, file, tokens } = open();
  link.set({ state: 'live', isSynced: true });
  file.text = 'new';
  expect(file.reads).toBe(0);
  refuse(link);
  await soon();
  expect(tokens).toEqual(['new']);
  expect(link.status()).toBe('closed');
  expect(watch.failure).toBeUndefined();
  next.set({ state: 'live', isSynced: true });
  expect(watch.isSynced).toBe(true);
});

test('so is one in the place of a token that has expired', async () => {
  const { link, file, tokens } = open();
  file.text = 'new';
  refuse(link, 'AUTH_EXPIRED');
  await soon();
  expect(tokens).toEqual(['new']);
});

test('one that is changed later is found within ten seconds, also when it was away meanwhile', async () => {
  const { clock, link, watch, file, tokens } = open();
  refuse(link);
  await soon();
  refuse(link);
  await soon();
  expect([file.reads, tokens]).toEqual([1, []]);
  file.text = undefined;
  clock.advance(10_000);
  await soon();
  expect(watch.failure).toMatchObject({ code: 'AUTH_DENIED' });
  file.text = 'new';
  clock.advance(9999);
  await soon();
  expect(tokens).toEqual([]);
  clock.advance(1);
  await soon();
  expect(tokens).toEqual(['new']);
});

test('a new token that is refused as well is not tried again and again', async () => {
  const { clock, link, next, file, tokens } = open();
  file.text = 'new';
  refuse(link);
  await soon();
  refuse(next);
  await soon();
  clock.advance(10_000);
  await soon();
  expect(tokens).toEqual(['new']);
  expect(file.reads).toBe(3);
});
