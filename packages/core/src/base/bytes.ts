/** Byte arrays and their textual forms. `Uint8Array` everywhere: the same code runs in a browser. */
/** By value, the code of a hexadecimal digit. */
const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** Bytes whose digits are made at once, which costs half of what adding digit to digit does. */
const PIECE = 64;
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** By code of the digit. */
const SEXTETS = new Uint8Array(128);
for (let sextet = 0; sextet < 64; sextet++) SEXTETS[BASE64URL.charCodeAt(sextet)] = sextet;
/** By code of the digit. */
const NIBBLES = new Uint8Array(128);
for (let nibble = 0; nibble < 16; nibble++) {
  NIBBLES[nibble.toString(16).charCodeAt(0)] = nibble;
  NIBBLES[nibble.toString(16).toUpperCase().charCodeAt(0)] = nibble;
}
const encoder = new TextEncoder();
/** Up to this length the platform's encoder takes longer to be called than to encode. */
const SHORT_TEXT = 64;
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const EMPTY: Uint8Array = new Uint8Array(0);

/** The same bytes in memory of their own. `slice` of a `Buffer` would be a view of the same memory. */
export const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += PIECE) {
    const codes: number[] = [];
    const to = Math.min(from + PIECE, bytes.length);
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number;
      codes.push(DIGITS[byte >> 4] as number, DIGITS[byte & 15] as number);
    }
    text += String.fromCharCode(...codes);
  }
  return text;
}

/** The caller has checked that `text` is hexadecimal of even length. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  writeHex(text, 0, bytes, 0, bytes.length);
  return bytes;
}

/** Writes `count` bytes to `at` from the digits that begin at `from`. The caller has checked that they are hexadecimal. */
export function writeHex(text: string, from: number, bytes: Uint8Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const high = NIBBLES[text.charCodeAt(from + 2 * i)] as number;
    bytes[at + i] = (high << 4) | (NIBBLES[text.charCodeAt(from + 2 * i + 1)] as number);
  }
}

/** Base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const left = bytes.length - i;
    text += BASE64URL[a >> 2];
    text += BASE64URL[((a & 3) << 4) | (b >> 4)];
    if (left > 1) text += BASE64URL[((b & 15) << 2) | (c >> 6)];
    if (left > 2) text += BASE64URL[c & 63];
  }
  return text;
}

/** The six bits of a digit. The caller has checked that there is one of base64url at this place. */
export const sextetAt = (text: string, i: number): number => SEXTETS[text.charCodeAt(i)] as number;

export function utf8(text: string): Uint8Array {
  if (text.length > SHORT_TEXT) return encoder.encode(text);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encoder.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/** The text these bytes are, a leading byte order mark kept, or `undefined` if they are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.byteLength;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false;
  return true;
}
