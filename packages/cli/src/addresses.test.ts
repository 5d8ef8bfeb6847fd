import { isEvermeshError } from '@evermesh/core/errors';
import { describe, expect, test } from 'vitest';
import { parseListenAddress } from './listen-address.ts';
import { parseRelayUrl } from './relay-url.ts';

const refusal = (run: () => unknown): { message: string; next: unknown } => {
  try {
    run();
  } catch (error) {
    if (isEvermeshError(error, 'CONFIG_INVALID'))
      return { message: error.message, next: error.details['next'] };
    throw error;
  }
  throw new Error('It was accepted.');
};

describe('--listen', () => {
  test.each([
    ['127.0.0.1:8787', { host: '127.0.0.1', port: 8787 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:8787', { host: '::1', port: 8787 }],
  ])('understands %s', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  test.each([
    '8787',
    'localhost',
    'localhost:',
    ':8787',
    '::1:8787',
    'localhost:70000',
    'ws://localhost:1',
    'a b:1',
  ])('refuses %j and shows how to write it', (text) => {
    expect(refusal(() => parseListenAddress(text)).next).toContain('--listen 127.0.0.1:8787');
  });
});

describe('--relay', () => {
  test.each([
    ['ws://127.0.0.1:8787', 'ws://127.0.0.1:8787'],
    ['ws://127.0.0.1:8787/', 'ws://127.0.0.1:8787'],
    ['wss://Relay.Example', 'wss://relay.example'],
    ['wss://relay.example/evermesh', 'wss://relay.example/evermesh'],
  ])('takes %s as %s', (text, expected) => {
    expect(parseRelayUrl(text)).toBe(expected);
  });

  test.each(['relay.example:8787', 'http://relay.example', '', 'ws://'])('refuses %j', (text) => {
    expect(refusal(() => parseRelayUrl(text)).next).toContain('ws://');
  });

  test.each(['ws://me:hunter2@host', 'ws://host?token=hunter2', 'ws://host#hunter2'])(
    'refuses a secret in %s without repeating it',
    (text) => {
      const { message, next } = refusal(() => parseRelayUrl(text));
      expect(`${message} ${String(next)}`).not.toContain('hunter2');
      expect(next).toContain('--token-file');
    },
  );
});
