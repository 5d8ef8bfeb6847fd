/**
 * Somebody who saves one file after the other: new files, texts with lines added, whole rewrites; some written in place, as
 * simple programs do, some beside and renamed, as careful ones do. Knows what was saved, and what of it a device has
 * promised to keep.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SeededRandom } from '../../bench/random.ts';
import type { Told } from '../support/process.ts';

/** Something that was saved at a path and is nowhere else: a line, or the whole of a file that is no text. */
interface Mark {
  readonly path: string;
  readonly bytes: Buffer;
  /** A new file that appeared at once: whoever saw the path saw all of it. */
  readonly whole: boolean;
}

export class Saver {
  saves = 0;
  readonly #directory: string;
  readonly #drafts: string;
  readonly #random: SeededRandom;
  readonly #contents = new Map<string, Buffer>();
  readonly #texts: string[] = [];
  readonly #marks: Mark[] = [];
  readonly #promised = new Set<Mark>();
  /** Paths that the device has spoken of. */
  readonly #seen = new Set<string>();
  /** Paths whose last save the device has not spoken of yet. */
  readonly #unseen = new Set<string>();
  #lines = 0;

  /** @param drafts a directory beside, in the same file system, for what is renamed into place */
  constructor(directory: string, drafts: string, random: SeededRandom) {
    this.#directory = directory;
    this.#drafts = drafts;
    this.#random = random;
  }

  get unseen(): number {
    return this.#unseen.size;
  }

  get promised(): number {
    return this.#promised.size;
  }

  /** By path, all that was saved. */
  get contents(): ReadonlyMap<string, Buffer> {
    return this.#contents;
  }

  async save(): Promise<void> {
    const kind = this.#random.below(10);
    if (kind < 4 || this.#texts.length === 0) await this.#create();
    else if (kind < 8) await this.#edit(this.#random.pick(this.#texts));
    else await this.#rewrite(this.#random.pick(this.#texts));
    this.saves += 1;
  }

  /** These are durable at the relay, somebody said. */
  promise(marks: readonly Mark[]): void {
    for (const mark of marks) this.#promised.add(mark);
  }

  get marks(): readonly Mark[] {
    return [...this.#marks];
  }

  /** Takes to heart what the sending device said since it was listened to last. */
  heard(events: readonly Told[]): void {
    for (const { event, direction, path } of events) {
      if (event === 'change' && direction === 'sent') {
        this.#seen.add(path as string);
        this.#unseen.delete(path as string);
      } else if (event === 'synced') {
        for (const mark of this.#marks) if (mark.whole && this.#seen.has(mark.path)) this.#promised.add(mark);
      }
    }
  }

  /** The device is gone, and may have taken in what it never spoke of. */
  forgetUnseen(): void {
    this.#unseen.clear();
  }

  /** What was promised, was not rewritten since, and is not exactly once in a directory. */
  brokenPromises(directory: string): Promise<string[]> {
    return this.#missing(directory, [...this.#promised]);
  }

  /** The same of everything that was saved. */
  lost(directory: string): Promise<string[]> {
    return this.#missing(directory, this.#marks);
  }

  /** The lines of a directory that nobody saved as they are there. */
  async torn(directory: string, paths: readonly string[]): Promise<string[]> {
    const lines = new Map<string, Set<string>>();
    for (const { path, bytes } of this.#marks) {
      if (!lines.has(path)) lines.set(path, new Set());
      lines.get(path)!.add(bytes.toString('latin1'));
    }
    const torn: string[] = [];
    for (const path of paths) {
      const content = (await readFile(join(directory, path))).toString('latin1');
      const known = lines.get(path);
      if (known?.has(content)) continue;
      const pieces = content === '' ? [] : content.split(/(?<=\n)/);
      for (const piece of pieces)
        if (!known?.has(piece)) torn.push(`${path}: ${JSON.stringify(piece.slice(0, 80))}`);
    }
    return torn;
  }

  async #missing(directory: string, marks: readonly Mark[]): Promise<string[]> {
    const wrong: string[] = [];
    const read = new Map<string, Buffer | undefined>();
    for (const { path, bytes } of marks) {
      // A later save took it away.
      if (!this.#contents.get(path)!.includes(bytes)) continue;
      if (!read.has(path)) read.set(path, await readFile(join(directory, path)).catch(() => undefined));
      const times = timesIn(bytes, read.get(path));
      if (times !== 1)
        wrong.push(`${times} times in ${path}: ${JSON.stringify(bytes.toString('latin1', 0, 80))}`);
    }
    return wrong;
  }

  async #create(): Promise<void> {
    const path = `part ${this.#random.below(7)}/${this.saves}`;
    const isText = this.#random.below(8) > 0;
    const careful = this.#random.below(2) === 0;
    if (isText) {
      this.#texts.push(`${path}.txt`);
      await this.#put(`${path}.txt`, this.#newLines(1 + this.#random.below(30)), careful, careful);
      return;
    }
    const bytes = Buffer.concat([Buffer.of(0), this.#random.bytes(100 + this.#random.below(10_000))]);
    await this.#put(`${path}.bin`, [bytes], careful, careful);
  }

  async #edit(path: string): Promise<void> {
    const added = this.#newLines(1 + this.#random.below(3));
    const lines = splitLines(this.#contents.get(path)!);
    const at = this.#random.below(lines.length + 1);
    await this.#write(path, Buffer.concat([...lines.slice(0, at), ...added, ...lines.slice(at)]), added);
  }

  async #rewrite(path: string): Promise<void> {
    const lines = this.#newLines(1 + this.#random.below(30));
    await this.#write(path, Buffer.concat(lines), lines);
  }

  #newLines(count: number): Buffer[] {
    return Array.from({ length: count }, () => {
      const words = Array.from({ length: this.#random.below(12) }, () =>
        this.#random.below(1e6).toString(36),
      );
      return Buffer.from(`[${this.#lines++}] ${words.join(' ')}\n`);
    });
  }

  async #write(path: string, content: Buffer, added: readonly Buffer[]): Promise<void> {
    await this.#put(path, added, this.#random.below(2) === 0, false, content);
  }

  async #put(
    path: string,
    added: readonly Buffer[],
    careful: boolean,
    whole: boolean,
    content: Buffer = Buffer.concat(added),
  ): Promise<void> {
    const target = join(this.#directory, path);
    await mkdir(dirname(target), { recursive: true });
    this.#unseen.add(path);
    this.#contents.set(path, content);
    if (careful) {
      const draft = join(this.#drafts, 'draft');
      await writeFile(draft, content);
      await rename(draft, target);
    } else {
      await writeFile(target, content);
    }
    for (const bytes of added) this.#marks.push({ path, bytes, whole });
  }
}

function splitLines(content: Buffer): Buffer[] {
  return content
    .toString('latin1')
    .split(/(?<=\n)/)
    .map((line) => Buffer.from(line, 'latin1'));
}

function timesIn(bytes: Buffer, content: Buffer | undefined): number {
  let times = 0;
  for (let at = content?.indexOf(bytes) ?? -1; at !== -1; at = content!.indexOf(bytes, at + 1)) times += 1;
  return times;
}
