/**
 * Laws of manifests:
 *
 * - What is encoded decodes to the same.
 * - L12: any bytes are a manifest, or none, and as a node they are one, or are refused by name.
 * - What is read was promised: entries stand for as many bytes as the list says.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BlobName, concatBytes, toHex, utf8 } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import {
  decodeManifest,
  decodeManifestNode,
  encodeManifest,
  encodeManifestNode,
  type Manifest,
  manifestReferences,
} from './manifest.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 300);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const name = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes) as BlobName);
const entry = fc.record({ name, size: fc.integer({ min: 1, max: 1_000_000_000 }) });
const manifest = fc
  .record({
    name,
    level: fc.integer({ min: 0, max: 6 }),
    entries: fc.array(entry, { maxLength: 256, size: 'large' }),
  })
  .map(({ name: content, level, entries }): Manifest => ({
    content: { name: content, size: sum(entries) },
    level,
    entries,
  }));
const sum = (entries: readonly { size: number }[]): number =>
  entries.reduce((all, { size }) => all + size, 0);

test('what is encoded decodes to the same', () => {
  fc.assert(
    fc.property(manifest, (given) => {
      expect(decodeManifest(encodeManifest(given))).toEqual(given);
      const { level, entries, content } = given;
      expect(decodeManifestNode(encodeManifestNode(level, entries), level, content.size)).toEqual(entries);
      expect(manifestReferences(encodeManifest(given))).toEqual(entries.map((one) => one.name));
    }),
    PARAMETERS,
  );
});

test('a manifest that a disk or a peer changed is none, or promises what it holds', () => {
  const changed = fc.record({
    given: manifest,
    at: fc.nat(),
    to: fc.nat({ max: 255 }),
    cut: fc.nat({ max: 40 }),
  });
  fc.assert(
    fc.property(changed, ({ given, at, to, cut }) => {
      const bytes = encodeManifest(given).slice();
      bytes[at % bytes.byteLength] = to;
      const found = decodeManifest(bytes.subarray(0, bytes.byteLength - cut));
      if (found !== undefined) expect(sum(found.entries)).toBe(found.content.size);
    }),
    PARAMETERS,
  );
});

test('any bytes are a node, or are refused by name', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 6 }), (bytes, level) => {
      expect(decodeManifest(bytes)).toBeUndefined();
      try {
        decodeManifestNode(bytes, level, 100);
      } catch (error) {
        if (!isEvermeshError(error, 'MESSAGE_MALFORMED')) throw error;
      }
    }),
    PARAMETERS,
  );
});

test('a root and a node have their bytes', () => {
  const [a, b] = ['11', '22'].map((digits) => ({ name: digits.repeat(32) as BlobName, size: 300 })) as [
    Manifest['content'],
    Manifest['content'],
  ];
  const content = { name: '33'.repeat(32) as BlobName, size: 600 };
  const list = `02${'11'.repeat(32)}ac02${'22'.repeat(32)}ac02`;
  expect(toHex(encodeManifest({ content, level: 1, entries: [a, b] }))).toBe(
    toHex(concatBytes([utf8('evermesh\0chunks1'), Uint8Array.of(1)])) + `${'33'.repeat(32)}d804${list}`,
  );
  expect(toHex(encodeManifestNode(0, [a, b]))).toBe(`00${list}`);
});

test('an entry that stands for nothing, and lists that do not add up, are refused', () => {
  const one = { name: '11'.repeat(32) as BlobName, size: 0 };
  expect(() => decodeManifestNode(encodeManifestNode(0, [one]), 0, 0)).toThrow(/nothing/);
  expect(() => decodeManifestNode(encodeManifestNode(0, [{ ...one, size: 5 }]), 0, 6)).toThrow(
    /number of bytes/,
  );
  expect(() => decodeManifestNode(encodeManifestNode(0, [{ ...one, size: 5 }]), 1, 5)).toThrow(/level/);
});
