/** Which names in records stand for contents that somebody needs: a content in chunks is named by the root of its manifest. */
import type { BlobName } from '../base/index.ts';
import { type Contents, isLost } from './contents.ts';

/** Of these names those that stand for one of these contents, or may: of what is not here nobody can tell. */
export async function namesForContents(
  contents: Contents,
  names: readonly BlobName[],
  needed: ReadonlySet<BlobName>,
): Promise<BlobName[]> {
  const kept: BlobName[] = [];
  for (const name of names) if (await mayStandFor(contents, name, needed)) kept.push(name);
  return kept;
}

async function mayStandFor(
  contents: Contents,
  name: BlobName,
  needed: ReadonlySet<BlobName>,
): Promise<boolean> {
  if (needed.has(name)) return true;
  try {
    if ((await contents.blobs.size(name)) === undefined) return true;
    const manifest = await contents.manifest(name);
    return manifest !== undefined && needed.has(manifest.content.name);
  } catch (error) {
    if (!isLost(error)) throw error;
    return true;
  }
}
