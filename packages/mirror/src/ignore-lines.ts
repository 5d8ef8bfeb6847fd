/**
 * What the lines of one ignore file say. A line in which `**` stands for directories more than once is matched here, name by
 * name: as the regular expression that the library makes of it, it would cost the square of a path's depth and more, 0.5 s
 * at 800 directories. Whoever asks knows that the directories above an entry are synced.
 */
import ignore, { type Ignore } from 'ignore';

export type Said = 'ignore' | 'sync' | undefined;

const DIRECTORIES = /^!?\*{2,}$/;

/** Whether `**` stands for directories more than once, its end aside. */
export function isDeep(line: string): boolean {
  if (line.startsWith('#')) return false;
  const parts = line.split('/').slice(0, -1);
  return parts.filter((part) => DIRECTORIES.test(part)).length > 1;
}

export class IgnoreLines {
  readonly #lines: Ignore;
  /** Lines that say no `!`, each with those after it. */
  readonly #deep: { readonly line: DeepLine; readonly after: Ignore }[] = [];

  constructor(text: string) {
    const lines = text.split(/\r?\n/);
    const others = (from: number): Ignore => made(lines.slice(from).filter((line) => !isDeep(line)));
    this.#lines = others(0);
    for (const [i, line] of lines.entries())
      if (isDeep(line)) this.#deep.push({ line: new DeepLine(line), after: others(i + 1) });
  }

  /** @param path relative to the directory of the file */
  said(path: string, isDirectory: boolean): Said {
    const asked = isDirectory ? `${path}/` : path;
    const { ignored, unignored } = this.#lines.test(asked);
    if (ignored) return 'ignore';
    const deep = this.#deep.findLast(({ line }) => line.matches(path, isDirectory));
    if (deep !== undefined && !deep.after.test(asked).unignored) return 'ignore';
    return unignored ? 'sync' : undefined;
  }
}

/** A name, or any number of them. */
type Part = Ignore | '**';

/** Which parts of the line may stand for the names so far is followed through the path: its work is their product. */
class DeepLine {
  readonly #parts: readonly Part[];
  readonly #onlyDirectories: boolean;

  constructor(line: string) {
    const parts = line
      .replace(/(?<!\\) +$/, '')
      .replace(/^\//, '')
      .split('/');
    this.#onlyDirectories = parts.at(-1) === '';
    if (this.#onlyDirectories) parts.pop();
    // At the end it stands for everything inside, and not for the directory itself.
    if (parts.at(-1) === '**') parts.splice(-1, 0, '*');
    this.#parts = parts.map((part) => (part === '**' ? part : made([`/${part}`])));
  }

  matches(path: string, isDirectory: boolean): boolean {
    if (this.#onlyDirectories && !isDirectory) return false;
    let reached = this.#closed(new Set([0]));
    for (const name of path.split('/')) {
      const next = new Set<number>();
      for (const at of reached) {
        const part = this.#parts[at];
        if (part === '**') next.add(at);
        else if (part?.ignores(name) === true) next.add(at + 1);
      }
      if (next.size === 0) return false;
      reached = this.#closed(next);
    }
    return reached.has(this.#parts.length);
  }

  /** With what is reached when `**` stands for nothing. A set that grows is walked to its end. */
  #closed(reached: Set<number>): Set<number> {
    for (const at of reached) if (this.#parts[at] === '**') reached.add(at + 1);
    return reached;
  }
}

const made = (lines: readonly string[]): Ignore =>
  ignore({ ignorecase: false, allowRelativePaths: true }).add(lines.join('\n'));
