/**
 * What goes wrong with a mirror's disk for a while: calls that fail at one path, or below it, and no room for what is written.
 * It befalls the mirror, which runs as a user of its own; people work on.
 */
import { fail } from './inode.ts';
import type { Seeded } from './seeded.ts';

/** What a call does: asks what is at a path, lists, reads, changes names in a directory, changes or writes a file. */
export type Act = 'stat' | 'list' | 'read' | 'name' | 'change';

export interface Trouble {
  readonly acts: readonly Act[];
  readonly path: string;
  /** What lies anywhere below fails as well. */
  readonly isDeep: boolean;
  readonly code: string;
}

/** Ways in which disks and missing rights make calls fail: of files and directories, and of directories only. */
const ANYWHERE: readonly Omit<Trouble, 'path'>[] = [
  { acts: ['read'], isDeep: false, code: 'EIO' },
  { acts: ['read', 'change'], isDeep: false, code: 'EACCES' },
  { acts: ['stat'], isDeep: false, code: 'EIO' },
];
const OF_DIRECTORIES: readonly Omit<Trouble, 'path'>[] = [
  { acts: ['list'], isDeep: false, code: 'EIO' },
  { acts: ['name'], isDeep: false, code: 'EIO' },
  { acts: ['name'], isDeep: true, code: 'EACCES' },
  { acts: ['name', 'change'], isDeep: true, code: 'EROFS' },
  // It may not be entered.
  { acts: ['stat', 'list', 'read', 'name', 'change'], isDeep: true, code: 'EACCES' },
];

export class DiskTrouble {
  #troubles: Trouble[] = [];
  #room: { left: number; readonly code: string } | undefined;
  /** Told of each call that failed. */
  readonly #failed: (code: string) => void;
  #failures = 0;

  constructor(failed: (code: string) => void) {
    this.#failed = failed;
  }

  /** Calls that failed since the world began. */
  get failures(): number {
    return this.#failures;
  }

  /** What is at a path fails in one of the ways. */
  begin(path: string, isDirectory: boolean, random: Seeded): Trouble {
    const kinds = isDirectory ? [...ANYWHERE, ...OF_DIRECTORIES] : ANYWHERE;
    const trouble = { ...random.pick(kinds), path };
    this.#troubles.push(trouble);
    return trouble;
  }

  /** So many bytes still fit. */
  fill(left: number, code: 'ENOSPC' | 'EDQUOT'): void {
    this.#room = { left, code };
  }

  heal(): void {
    this.#troubles = [];
    this.#room = undefined;
  }

  get isOver(): boolean {
    return this.#troubles.length === 0 && this.#room === undefined;
  }

  /** @throws what the system says, if this fails now */
  check(act: Act, path: string): void {
    const code = this.codeOf(act, path);
    if (code !== undefined) throw fail(code, path);
  }

  /** What the system says of a call that fails now; `undefined` if it does not. */
  codeOf(act: Act, path: string): string | undefined {
    const trouble = this.#troubles.find((one) => one.acts.includes(act) && isAt(one, act, path));
    return trouble && this.#failing(trouble.code);
  }

  /** @throws ENOSPC or EDQUOT if so many bytes, or one name, do not fit */
  take(bytes: number, path: string): void {
    if (this.#room === undefined) return;
    if (this.#room.left < bytes) throw fail(this.#failing(this.#room.code), path);
    this.#room.left -= bytes;
  }

  #failing(code: string): string {
    this.#failures++;
    this.#failed(code);
    return code;
  }
}

/** A name belongs to the directory that holds it. */
function isAt({ path: at, isDeep }: Trouble, act: Act, path: string): boolean {
  const changed = act === 'name' ? path.slice(0, path.lastIndexOf('/')) : path;
  return isDeep ? changed.startsWith(`${at}/`) || (act !== 'stat' && changed === at) : changed === at;
}
