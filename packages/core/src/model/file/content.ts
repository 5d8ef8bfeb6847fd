/** What a file holds: text that merges character by character, or a blob of which whole versions are kept. */
import { type BlobName, EMPTY, fromHex, fromUtf8, sha256, toBase64Url, toHex } from '../../base/index.ts';
import { TEXT_LIMIT } from './layout.ts';

export type FileContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'blob'; readonly name: BlobName; readonly size: number };

/** The rule that tells text from blobs: valid UTF-8 without NUL, up to the limit. The text, or `undefined` for a blob. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.byteLength > TEXT_LIMIT || bytes.includes(0)) return undefined;
  return fromUtf8(bytes);
}

/** Base64url of the first 12 bytes of SHA-256, 16 characters; the empty string for no bytes. */
export function contentDigest(bytes: Uint8Array): string {
  return bytes.byteLength === 0 ? '' : shorten(sha256(bytes));
}

/** The content digest of the bytes that a blob's name stands for. */
export function digestOfBlob(name: BlobName): string {
  return name === EMPTY_BLOB ? '' : shorten(fromHex(name));
}

export function sameContent(a: FileContent, b: FileContent): boolean {
  if (a.kind === 'text') return b.kind === 'text' && a.text === b.text;
  return b.kind === 'blob' && a.name === b.name;
}

const shorten = (digest: Uint8Array): string => toBase64Url(digest.subarray(0, 12));
const EMPTY_BLOB: string = toHex(sha256(EMPTY));
