import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FolderId } from '@evermesh/core/base';
import { VirtualClock } from '@evermesh/testkit';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { jwksTokens, secretTokens } from './jwt-authorizer.ts';
import { FOLDER } from './testing/test-author.ts';

const SECRET = 'a secret that is long enough to be one';
const OTHER = 'e'.repeat(32) as FolderId;
const clock = new VirtualClock();
const NOW = Math.floor(clock.now() / 1000);
const LATER = NOW + 3600;
type Key = Parameters<SignJWT['sign']>[0];

const signed = (
  payload: JWTPayload,
  options: { key?: Key; alg?: string; kid?: string } = {},
): Promise<string> => {
  const { key = new TextEncoder().encode(SECRET), alg = 'HS256', kid = '1' } = options;
  return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);
};

const everything = { exp: LATER, evermesh: { '*': 'write' } };

describe('a token that the secret signed', () => {
  const authorizer = secretTokens(SECRET, { clock });

  test.each<[string, JWTPayload, string]>([
    ['every folder', { evermesh: { '*': 'write' } }, 'write'],
    ['every folder to read', { evermesh: { '*': 'read' } }, 'read'],
    ['this folder', { evermesh: { [FOLDER]: 'write' } }, 'write'],
    ['this one more than others', { evermesh: { '*': 'read', [FOLDER]: 'write' } }, 'write'],
    ['this one less than others', { evermesh: { '*': 'write', [FOLDER]: 'read' } }, 'read'],
    ['all but this one', { evermesh: { '*': 'write', [FOLDER]: 'none' } }, 'none'],
    ['another folder', { evermesh: { [OTHER]: 'write' } }, 'none'],
    ['nothing, for the claim is missing', {}, 'none'],
    ['nothing, for the claim is no object', { evermesh: 'write' }, 'none'],
    ['nothing, for the claim is null', { evermesh: null }, 'none'],
    ['nothing, for the grant is none that there is', { evermesh: { '*': 'admin' } }, 'none'],
    ['nothing, for it is meant for somebody else', { ...everything, aud: 'mail' }, 'none'],
    ['every folder, for it is meant for us, too', { ...everything, aud: ['mail', 'evermesh'] }, 'write'],
  ])('opens %s', async (_, payload, grant) => {
    const answer = await authorizer.authorize(await signed({ exp: LATER, ...payload }), FOLDER);
    expect(answer).toMatchObject({ grant });
  });

  test('opens what it says until a minute after it expired, for clocks differ', async () => {
    const answer = await authorizer.authorize(await signed({ ...everything, exp: NOW - 59 }), FOLDER);
    expect(answer).toEqual({ grant: 'write', until: (NOW + 1) * 1000 });
    await expect(
      authorizer.authorize(await signed({ ...everything, exp: NOW - 60 }), FOLDER),
    ).rejects.toMatchObject({ code: 'AUTH_EXPIRED' });
  });

  test('opens nothing before its time, but for that minute', async () => {
    expect(await authorizer.authorize(await signed({ ...everything, nbf: NOW + 61 }), FOLDER)).toBe('none');
    const soon = await authorizer.authorize(await signed({ ...everything, nbf: NOW + 60 }), FOLDER);
    expect(soon).toMatchObject({ grant: 'write' });
  });

  test('opens nothing if it never expires', async () => {
    expect(await authorizer.authorize(await signed({ evermesh: { '*': 'write' } }), FOLDER)).toBe('none');
  });
});

describe('by a secret', () => {
  const authorizer = secretTokens(SECRET, { clock });

  test('a token is refused that another key or algorithm signed, none at all, or that was changed', async () => {
    const otherKey = new TextEncoder().encode('another secret that is long enough as well');
    const right = await signed(everything);
    const [head, , signature] = right.split('.');
    const more = Buffer.from(JSON.stringify({ ...everything, exp: LATER + 1 })).toString('base64url');
    const tokens = [
      await signed(everything, { key: otherKey }),
      await signed(everything, { alg: 'HS512' }),
      new UnsecuredJWT(everything).encode(),
      `${head}.${more}.${signature}`,
      `${right}x`,
      'no token',
      '',
    ];
    for (const token of tokens) expect(await authorizer.authorize(token, FOLDER)).toBe('none');
    // An expired one tells nothing to who cannot sign.
    const expired = await signed({ ...everything, exp: NOW - 600 }, { key: otherKey });
    expect(await authorizer.authorize(expired, FOLDER)).toBe('none');
  });

  test('that can be guessed nobody is let in', () => {
    expect(() => secretTokens('short')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('by a set of keys', () => {
  /** Serves a set of keys, which a test changes. */
  async function served(): Promise<{
    server: Server;
    url: string;
    body: { text: string };
    asked: () => number;
  }> {
    const body = { text: '{"keys":[]}' };
    let count = 0;
    const server = createServer((_, response) => {
      count += 1;
      response.writeHead(body.text === '' ? 500 : 200).end(body.text);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    server.unref();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    return { server, url, body, asked: () => count };
  }

  const pair = async (alg: string, kid: string): Promise<{ jwk: object; key: Key }> => {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    return { jwk: { ...(await exportJWK(publicKey)), kid, alg }, key: privateKey };
  };

  test('tokens are taken that one of them signed, after a rotation of a new one too, and of the old one no more', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
    onTestFinished(() => void vi.useRealTimers());
    const { url, body, asked } = await served();
    const [old, next] = [await pair('ES256', 'old'), await pair('EdDSA', 'next')];
    body.text = JSON.stringify({ keys: [old.jwk] });
    const authorizer = jwksTokens(url, { clock });
    const byOld = await signed(everything, { ...old, alg: 'ES256', kid: 'old' });
    const byNext = await signed(everything, { ...next, alg: 'EdDSA', kid: 'next' });
    expect(await authorizer.authorize(byOld, FOLDER)).toMatchObject({ grant: 'write' });
    expect(await authorizer.authorize(byNext, FOLDER)).toBe('none');
    expect(await authorizer.authorize(byOld, OTHER)).toMatchObject({ grant: 'write' });
    // Whoever makes up names of keys does not have the set fetched each time.
    expect(asked()).toBe(1);
    body.text = JSON.stringify({ keys: [next.jwk] });
    vi.setSystemTime(clock.now() + 31_000);
    expect(await authorizer.authorize(byNext, FOLDER)).toMatchObject({ grant: 'write' });
    expect(await authorizer.authorize(byOld, FOLDER)).toBe('none');
    expect(asked()).toBe(2);
  });

  test('a token is refused that says the public key is the secret', async () => {
    const { url, body } = await served();
    const { jwk } = await pair('RS256', '1');
    body.text = JSON.stringify({ keys: [jwk] });
    const key = new TextEncoder().encode(JSON.stringify(jwk));
    const forged = await signed(everything, { key, alg: 'HS256' });
    expect(await jwksTokens(url, { clock }).authorize(forged, FOLDER)).toBe('none');
  });

  test.each(['', 'no JSON', '{"keys":1}'])(
    'of which %j comes nobody can tell, and that is said',
    async (text) => {
      const { url, body } = await served();
      const { key } = await pair('ES256', '1');
      body.text = text;
      const token = await signed(everything, { key, alg: 'ES256' });
      await expect(jwksTokens(url, { clock }).authorize(token, FOLDER)).rejects.toMatchObject({
        code: 'AUTH_UNAVAILABLE',
      });
    },
  );

  test('which others could change on its way is not used', () => {
    for (const url of ['http://keys.example/', 'file:///keys', 'keys'])
      expect(() => jwksTokens(url)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(jwksTokens('https://keys.example/')).toBeDefined();
  });
});
