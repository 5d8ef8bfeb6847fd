/** From a manifest to the chunks of its content, in their order. Nothing that a peer wrote keeps a reader busy without end. */
import type { BlobName } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { decodeManifestNode, type Manifest, type ManifestEntry } from '../protocol/index.ts';

/** Nodes that are read together: what they list fits in one request of blobs. */
const NODES = 3;
/** No honest content has more chunks than one for so many bytes, and one. */
const SHORTEST_CHUNK = 4096;

export interface ManifestSource {
  /** Called with what comes next, before it is read. */
  readonly need: (entries: readonly ManifestEntry[], level: number) => Promise<void>;
  /** The bytes of a node. @throws BLOB_NOT_FOUND, BLOB_DAMAGED */
  readonly node: (name: BlobName) => Promise<Uint8Array>;
}

/** @throws BLOB_DAMAGED if a node is not what the list above says, and what `source` throws */
export async function* walkManifest(
  { content, level, entries }: Manifest,
  source: ManifestSource,
): AsyncGenerator<readonly ManifestEntry[]> {
  let left = Math.floor(content.size / SHORTEST_CHUNK) + 1;
  for await (const chunks of below(entries, level, source)) {
    left -= chunks.length;
    if (left < 0) throw liar(content.name);
    yield chunks;
  }
}

async function* below(
  entries: readonly ManifestEntry[],
  level: number,
  source: ManifestSource,
): AsyncGenerator<readonly ManifestEntry[]> {
  await source.need(entries, level);
  if (level === 0) yield entries;
  else
    for (const nodes of inGroups(entries))
      yield* below(await listed(nodes, level, source), level - 1, source);
}

/** Nodes, as many as are read together. */
export function* inGroups(nodes: readonly ManifestEntry[]): Generator<readonly ManifestEntry[]> {
  for (let from = 0; from < nodes.length; from += NODES) yield nodes.slice(from, from + NODES);
}

/** What these nodes, which are listed at `level`, list themselves. @throws as `walkManifest` */
export async function listed(
  nodes: readonly ManifestEntry[],
  level: number,
  source: Pick<ManifestSource, 'node'>,
): Promise<ManifestEntry[]> {
  const lists = await Promise.all(
    nodes.map(async ({ name, size }) => {
      const bytes = await source.node(name);
      try {
        return decodeManifestNode(bytes, level - 1, size);
      } catch (error) {
        throw isEvermeshError(error, 'MESSAGE_MALFORMED') ? liar(name, error) : error;
      }
    }),
  );
  return lists.flat();
}

const liar = (name: BlobName, cause?: unknown): EvermeshError =>
  new EvermeshError('BLOB_DAMAGED', `What lists the chunks of ${name} does not add up.`, {
    cause,
    details: { name },
  });
