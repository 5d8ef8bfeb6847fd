import { expect, test } from 'vitest';
import { type BlobName, sha256, toHex, utf8 } from '../base/index.ts';
import { decodeManifest, encodeManifestNode, type Manifest, type ManifestEntry } from '../protocol/index.ts';
import { blobOf, ManifestBuilder } from './manifest-builder.ts';
import { type ManifestSource, walkManifest } from './walk-manifest.ts';

const named = (number: number): BlobName => toHex(sha256(utf8(String(number)))) as BlobName;

const sourceOf = (nodes: ReadonlyMap<BlobName, Uint8Array>): ManifestSource => ({
  need: () => Promise.resolve(),
  node: (name) => Promise.resolve(nodes.get(name) as Uint8Array),
});

async function walked(manifest: Manifest, source: ManifestSource): Promise<ManifestEntry[]> {
  const all: ManifestEntry[] = [];
  for await (const chunks of walkManifest(manifest, source)) all.push(...chunks);
  return all;
}

test.each([1, 31, 1000, 30_000])('a manifest of %i chunks leads to them, in their order', async (count) => {
  const builder = new ManifestBuilder();
  const chunks = Array.from({ length: count }, (_, i) => ({ name: named(i), size: 5000 + (i % 7) }));
  const nodes = chunks.flatMap((chunk) => builder.add(chunk));
  const size = chunks.reduce((sum, chunk) => sum + chunk.size, 0);
  const [root, ...rest] = builder.end({ name: named(-1), size });
  const manifest = decodeManifest(root.bytes) as Manifest;
  const source = sourceOf(new Map([...nodes, ...rest].map(({ name, bytes }) => [name, bytes])));
  expect(await walked(manifest, source)).toEqual(chunks);
});

test('a manifest with more chunks than its content can have is refused', async () => {
  const entries = Array.from({ length: 256 }, () => ({ name: named(1), size: 1 }));
  const lie = { content: { name: named(2), size: 256 }, level: 0, entries };
  await expect(walked(lie, sourceOf(new Map()))).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
});

test('a node that is another one than the list above says is refused', async () => {
  const node = blobOf(encodeManifestNode(0, [{ name: named(1), size: 5000 }]));
  const source = sourceOf(new Map([[node.name, node.bytes]]));
  const entry = { name: node.name, size: 5001 };
  await expect(walked({ content: entry, level: 1, entries: [entry] }, source)).rejects.toMatchObject({
    code: 'BLOB_DAMAGED',
    details: { name: node.name },
  });
});
