/** The folder's conflicts as a person can act on them: where each of the two things lies, and what settles it. */
import { join, posix } from 'node:path';
import type { Conflict, FileContent, Folder } from '@evermesh/core';
import { SerialQueue } from '@evermesh/core/base';
import { takenName } from '@evermesh/mirror';
import { KeptContents } from './kept-contents.ts';
import { shellWord } from './printable.ts';
import type { ConflictReport, ConflictVersion } from './reports.ts';
import type { Settings } from './settings.ts';
import { plural } from './words.ts';

/** The folder's conflicts. One question is answered at a time: they share the copies. */
export class Conflicts {
  readonly #folder: Folder;
  readonly #directory: string;
  readonly #kept: KeptContents;
  readonly #questions: SerialQueue = new SerialQueue();

  constructor(folder: Folder, { directory, data }: Pick<Settings, 'directory' | 'data'>) {
    this.#folder = folder;
    this.#directory = directory;
    this.#kept = new KeptContents(folder, data);
  }

  reports(): Promise<ConflictReport[]> {
    return this.#questions.run(async () => {
      const reports: ConflictReport[] = [];
      for (const conflict of [...(await this.#folder.conflicts()), ...keptBeside(this.#folder)]) {
        reports.push(
          conflict.kind === 'name'
            ? nameConflict(this.#folder, conflict)
            : await this.#contentConflict(conflict),
        );
      }
      const contents = reports.filter(({ kind }) => kind === 'content');
      await this.#kept.retain(
        new Set(contents.flatMap(({ versions }) => versions.flatMap(({ file }) => file ?? []))),
      );
      return reports;
    });
  }

  async #contentConflict({ path, others = [] }: Conflict): Promise<ConflictReport> {
    const versions: ConflictVersion[] = [];
    for (const { id, content } of others)
      versions.push({ id, file: await this.#kept.find(path, content), size: sizeOf(content) });
    const sizes = versions.map(({ size = 0 }) => plural(size, 'byte')).join(', ');
    const here = versions.find(({ file }) => file !== undefined);
    const command = `evermesh resolve ${shellWord(join(this.#directory, path))}`;
    return {
      path,
      kind: 'content',
      detail: `changed on several devices at the same time; beside what stands there, ${plural(versions.length, 'other version')} ${versions.length === 1 ? 'is' : 'are'} kept (${sizes})`,
      next:
        here === undefined
          ? 'Wait until the other version has arrived.'
          : `Compare them. To have another one: ${command} --keep ${shellWord(here.id ?? '')}. The one that stands there: --keep shown. Each of them, beside one another: --all.`,
      versions,
    };
  }
}

/**
 * Files that a mirror found under a taken name, and gave one beside it. To the folder these are two names; to a person
 * they are in conflict until one of the two is renamed or gone.
 */
function keptBeside({ nodes }: Folder): Conflict[] {
  const known = new Set(nodes.nameConflicts().map(({ id }) => id));
  return [...nodes.all()].flatMap(({ id, parent, name }): Conflict[] => {
    const ownName = takenName(name);
    if (ownName === undefined || known.has(id)) return [];
    const isTaken = nodes
      .children(parent)
      .some((node) => nodes.nameKey(node.name) === nodes.nameKey(ownName));
    return isTaken ? [{ path: nodes.pathOf(id), id, kind: 'name', ownName }] : [];
  });
}

function nameConflict({ nodes }: Folder, { id, path, ownName = '' }: Conflict): ConflictReport {
  const parent = nodes.node(id)?.parent;
  const siblings = parent === undefined ? [] : nodes.children(parent);
  const other = siblings.find(
    (node) => node.id !== id && nodes.nameKey(node.name) === nodes.nameKey(ownName),
  );
  const otherPath = posix.join(posix.dirname(path), other?.name ?? ownName);
  return {
    path,
    kind: 'name',
    detail: `it and ${otherPath} were given the same name on devices that did not know of each other; both are kept`,
    next: 'Compare the two; then rename one, or delete the one that is not needed.',
    versions: [{ file: otherPath }],
  };
}

const sizeOf = (content: FileContent): number =>
  content.kind === 'blob' ? content.size : Buffer.byteLength(content.text);
