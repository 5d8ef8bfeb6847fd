/** Tells each conflict once, when it comes up; looking for them is dear, so it is done only when there may be a new one. */
import { basename } from 'node:path';
import type { Folder } from '@evermesh/core';
import { takenName } from '@evermesh/mirror';
import type { Conflicts } from './conflict-report.ts';
import type { ConflictReport } from './reports.ts';

export class ConflictTeller {
  readonly #folder: Folder;
  readonly #conflicts: Conflicts;
  readonly #tell: (conflict: ConflictReport) => void;
  #known = new Set<string>();
  #names = 0;
  #mayBeNew = true;

  constructor(folder: Folder, conflicts: Conflicts, tell: (conflict: ConflictReport) => void) {
    this.#folder = folder;
    this.#conflicts = conflicts;
    this.#tell = tell;
  }

  /** The mirror met a content that has others beside it. */
  suspect(): void {
    this.#mayBeNew = true;
  }

  /** Something came to this path. One that another device kept beside a taken name arrives like any other file. */
  arrived(path: string): void {
    if (takenName(basename(path)) !== undefined) this.#mayBeNew = true;
  }

  async look(): Promise<void> {
    const names = this.#folder.nodes.nameConflicts().length;
    if (!this.#mayBeNew && names === this.#names) return;
    this.#mayBeNew = false;
    this.#names = names;
    const reports = await this.#conflicts.reports();
    const keys = reports.map(({ path, versions }) => [path, ...versions.map(({ file }) => file)].join('\0'));
    for (const [index, report] of reports.entries()) if (!this.#known.has(keys[index]!)) this.#tell(report);
    this.#known = new Set(keys);
  }
}
