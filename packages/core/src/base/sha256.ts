import { sha256 as portable } from '@noble/hashes/sha2.js';
import { nativeModule } from './native-module.ts';

/** What is hashed piece by piece. */
export interface Sha256 {
  update(piece: Uint8Array): unknown;
  /** 32 bytes, once. */
  digest(): Uint8Array;
}

interface NativeCrypto {
  createHash(algorithm: string): Sha256;
  hash(algorithm: string, bytes: Uint8Array, encoding: 'latin1'): string;
}

/** Node's own is five times as fast for records. */
const native = nativeModule('node:crypto') as NativeCrypto | undefined;

/**
 * SHA-256, 32 bytes. Synchronous: digests of records are part of assigning them their place in the log,
 * which must not yield.
 */
export const sha256: (bytes: Uint8Array) => Uint8Array =
  native === undefined ? portable : (bytes) => fromLatin1(native.hash('sha256', bytes, 'latin1'));

/** SHA-256 of what comes in pieces: contents that nobody holds in memory. */
export const sha256OfPieces = (): Sha256 => native?.createHash('sha256') ?? portable.create();

/**
 * As text, of which each character is a byte: that and the copy cost half of what a `Buffer` does, whose memory is allocated apart,
 * and freed by the garbage collector.
 */
function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
