/**
 * Contents in conflict that no path shows, written out so that a person can open and compare them. They are copies in
 * the data directory: whoever edits one harms nothing.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { contentDigest, digestOfBlob, type FileContent, type Folder } from '@evermesh/core';
import { utf8 } from '@evermesh/core/base';
import { exists } from './exists.ts';

export class KeptContents {
  readonly #blobs: Folder['blobs'];
  readonly #directory: string;

  constructor(folder: Folder, data: string) {
    this.#blobs = folder.blobs;
    this.#directory = join(data, 'conflicts');
  }

  /** A file with this content, named like the one at `path`; `undefined` if the content has not arrived. */
  async find(path: string, content: FileContent): Promise<string | undefined> {
    const digest = content.kind === 'blob' ? digestOfBlob(content.name) : contentDigest(utf8(content.text));
    const file = join(this.#directory, copyName(path, digest || 'empty'));
    if (await exists(file)) return file;
    if (content.kind === 'blob' && (await this.#blobs.size(content.name)) === undefined) return undefined;
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const bytes = content.kind === 'blob' ? this.#blobs.read(content.name) : [utf8(content.text)];
    const unfinished = `${file}.new`;
    await pipeline(bytes, createWriteStream(unfinished, { mode: 0o600 }));
    await rename(unfinished, file);
    return file;
  }

  /** Removes the copies that no conflict needs any more. */
  async retain(files: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#directory).catch(() => [])) {
      const file = join(this.#directory, name);
      if (!files.has(file)) await rm(file, { force: true });
    }
  }
}

/** The ending tells programs what the file is, the digest tells two of one name apart; cut to what a name can hold. */
function copyName(path: string, digest: string): string {
  const extension = extname(path);
  return `${basename(path, extension).slice(0, 40)}-${digest}${extension.slice(0, 20)}`;
}
