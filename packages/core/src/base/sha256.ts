import { sha256 as hash } from '@noble/hashes/sha2.js';

/**
 * SHA-256, 32 bytes. Synchronous: digests of records are part of assigning them their place in the log,
 * which must not yield. Files and blobs are hashed in streams by the adapters, natively.
 */
export const sha256 = (bytes: Uint8Array): Uint8Array => hash(bytes);
