/**
 * What is not synced, and why. Patterns in gitignore's syntax stand in `.evermeshignore` files, which are synced like
 * any other; one deeper in the tree has the last word, and any of them may take back a default.
 */
import { joinPath } from './disk.ts';
import { IGNORE_FILE, type IgnoreText } from './ignore-file.ts';
import { IgnoreLines } from './ignore-lines.ts';
import type { Problem } from './problem.ts';

/** Written by systems, not by people; a directory that holds nothing else is empty to a person. */
const SYSTEM_JUNK =
  /^(\.DS_Store|\.localized|\._.*|Thumbs\.db|ehthumbs\.db|desktop\.ini|\.Trash-.*|\.Spotlight-V100|\.Trashes|\.fseventsd|\.directory)$/;
/** Swap, backup and lock files, and what an editor writes before it renames it over the file. */
const EDITOR_TEMPORARY =
  /^(.*~|\.#.*|#.*#|\..*\.sw[a-p]|\..*\.sw[a-p]x|4913|\.goutputstream-.*|\.~lock\..*#|~\$.*|.*\.kate-swp|\.fuse_hidden.*|\.nfs[0-9a-f]+)$/;
/** In any spelling: some file systems take all of them for one name. */
const OWN = /^\.evermesh$/i;
/** Their contents are databases: merged file by file they break. */
const VERSION_CONTROL = new Set(['.git', '.hg', '.svn', '.bzr', '.jj', 'CVS']);

export const isSystemJunk = (name: string): boolean => SYSTEM_JUNK.test(name);

export class IgnoreRules {
  /** By directory, `''` for the root. */
  readonly #files = new Map<string, IgnoreText & { readonly lines: IgnoreLines }>();

  /** Says what stands in a directory's ignore file now. Answers whether other rules hold than before. */
  set(directory: string, file: IgnoreText | undefined): boolean {
    const known = this.#files.get(directory);
    if (file === undefined) return this.#files.delete(directory);
    const isSame = known?.text === file.text;
    const lines = isSame ? known.lines : new IgnoreLines(file.text);
    this.#files.set(directory, { ...file, lines });
    return !isSame;
  }

  /** What is not taken of the files. */
  problems(): Problem[] {
    return [...this.#files].flatMap(([directory, { refused }]) =>
      refused === undefined
        ? []
        : {
            path: joinPath(directory, IGNORE_FILE),
            code: 'RULE_REFUSED',
            message: refused,
            next: 'Write shorter lines, and few in which ** stands for directories more than once.',
          },
    );
  }

  /** Directories that have rules. */
  get directories(): string[] {
    return [...this.#files.keys()];
  }

  /**
   * Why the entry of this name in this directory is not synced, or `undefined` if it is. The directory itself is.
   * `.evermesh` is never synced, whatever a pattern says.
   */
  reason(directory: string, name: string, isDirectory: boolean): string | undefined {
    if (OWN.test(name))
      return directory === '' ? "the mirror's own directory" : "another mirror's own directory";
    if (this.#files.size > 0) {
      const said = this.#said(joinPath(directory, name), directory, isDirectory);
      if (said !== undefined) return said === '' ? undefined : said;
    }
    return defaultReason(name, isDirectory);
  }

  /** Why something at this path is not synced, or what is above it. */
  reasonOfPath(path: string, isDirectory: boolean): string | undefined {
    const names = path.split('/');
    let directory = '';
    for (const [depth, name] of names.entries()) {
      const reason = this.reason(directory, name, depth < names.length - 1 || isDirectory);
      if (reason !== undefined) return reason;
      directory = joinPath(directory, name);
    }
    return undefined;
  }

  /** What the ignore files say, the deepest first: a reason, empty for "sync it"; `undefined` if none says anything. */
  #said(path: string, directory: string, isDirectory: boolean): string | undefined {
    for (let at = directory; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const file = this.#files.get(at);
      if (file !== undefined) {
        const below = at === '' ? path : path.slice(at.length + 1);
        const said = file.lines.said(below, isDirectory);
        if (said === 'sync') return '';
        if (said === 'ignore') return `a pattern in ${joinPath(at, IGNORE_FILE)}`;
      }
      if (at === '') return undefined;
    }
  }
}

function defaultReason(name: string, isDirectory: boolean): string | undefined {
  if (SYSTEM_JUNK.test(name)) return 'written by the system';
  if (isDirectory) return VERSION_CONTROL.has(name) ? 'data of a version control system' : undefined;
  // A worktree of git has a file of that name, which names a path of this machine.
  if (name === '.git') return 'data of a version control system';
  return EDITOR_TEMPORARY.test(name) ? "an editor's temporary file" : undefined;
}
