import { describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, fromHex, fromUtf8, toBase64Url, toHex, utf8 } from './bytes.ts';

describe('bytes and their textual forms', () => {
  test('hexadecimal gives back the bytes it was made of', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(fromHex(toHex(bytes))).toEqual(bytes);
    expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
  });

  test.each([0, 1, 63, 64, 65, 200])('hexadecimal of %i bytes has two digits for each', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 37);
    expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
  });

  test('base64url is that of RFC 4648, without padding', () => {
    for (const text of ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar', '\u00ff\u00fe?>']) {
      expect(toBase64Url(utf8(text))).toBe(Buffer.from(text, 'utf8').toString('base64url'));
    }
  });

  test.each(['', 'a~\0', 'é', 'ascii and 😀', '\ud800', 'a'.repeat(64), `${'a'.repeat(64)}é`])(
    'text becomes the bytes that the platform makes of it: %j',
    (text) => {
      expect(utf8(text)).toEqual(new TextEncoder().encode(text));
    },
  );

  test('a byte order mark stays part of the text', () => {
    expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa');
  });

  test('bytes that are not UTF-8 are no text', () => {
    expect(fromUtf8(Uint8Array.of(0xc3, 0x28))).toBeUndefined();
    expect(fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBeUndefined();
  });

  test('parts are joined in order, and equality looks at every byte', () => {
    const joined = concatBytes([utf8('ab'), utf8(''), utf8('c')]);
    expect(equalBytes(joined, utf8('abc'))).toBe(true);
    expect(equalBytes(joined, utf8('abd'))).toBe(false);
    expect(equalBytes(joined, utf8('ab'))).toBe(false);
  });
});
