import { expect, test } from 'vitest';
import { parseAllowedHost, parseAllowedOrigin, parseTrustedProxy } from './allowed-callers.ts';

test('a host is a name or an address, as a request has it', () => {
  expect(['Relay.Example', '10.0.0.7', '[FD00::7]', 'fd00::7', 'my_nas'].map(parseAllowedHost)).toEqual([
    'relay.example',
    '10.0.0.7',
    'fd00::7',
    'fd00::7',
    'my_nas',
  ]);
});

test('an origin is what browsers send', () => {
  expect(
    ['https://Notes.Example', 'https://notes.example:443/', 'http://localhost:5173'].map(parseAllowedOrigin),
  ).toEqual(['https://notes.example', 'https://notes.example', 'http://localhost:5173']);
});

const isRefused = expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error;

test.each([
  '',
  ' ',
  '*',
  'ws://relay.example',
  'relay.example:8787',
  'relay.example/x',
  '[relay]',
  '[fd00::7]:1',
])('a host is not %j', (text) => expect(() => parseAllowedHost(text)).toThrow(isRefused));

test.each([
  '',
  '*',
  'null',
  'notes.example',
  'wss://notes.example',
  'file:///home',
  'https://notes.example/path',
  'https://notes.example/?',
  'https://me@notes.example',
])('an origin is not %j', (text) => expect(() => parseAllowedOrigin(text)).toThrow(isRefused));

test('a proxy that is trusted is named by its address', () => {
  expect(['127.0.0.1', '::1', 'fd00::7'].map(parseTrustedProxy)).toEqual(['127.0.0.1', '::1', 'fd00::7']);
  for (const text of ['', 'proxy.example', '10.0.0.0/8', '127.0.0.1:80', '[::1]'])
    expect(() => parseTrustedProxy(text)).toThrow(isRefused);
});
