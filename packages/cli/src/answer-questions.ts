/** Answers what is asked about a folder. What is changed for it is durable then. */
import { EvermeshError, type FileVersion, type Folder, type Replica, type TrashEntry } from '@evermesh/core';
import type {
  Answers,
  AnswerTo,
  Ask,
  Question,
  Questions,
  QuestionType,
  TrashReport,
  VersionReport,
} from './questions.ts';
import type { ConflictReport } from './reports.ts';
import { usageError } from './usage-error.ts';

export interface Answering {
  readonly folder: Folder;
  /** Its own device is the only one whose name is known here. */
  readonly replica: Pick<Replica, 'device'>;
  readonly conflicts: { reports(): Promise<ConflictReport[]> };
  /** Whether an `up` keeps the directory in step. */
  readonly running: boolean;
}

/** Answers questions. What is changed is durable then. */
export const answering =
  (parts: Answering): Ask =>
  async <Asked extends Question>(question: Asked, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    // Each branch answers what its question is answered with.
    return (await answer(question, parts)) as AnswerTo<Asked>;
  };

async function answer(asked: Question, parts: Answering): Promise<Answers[QuestionType]> {
  const { folder } = parts;
  if (asked.type === 'versions') {
    const versions = await folder.versions(asked.path, { all: asked.all });
    return { path: asked.path, versions: versions.map((version) => versionReport(version, parts)) };
  }
  if (asked.type === 'restore') {
    const path = await restore(folder, asked);
    await folder.flush();
    return { path, running: parts.running };
  }
  if (asked.type === 'trash')
    return { entries: (await folder.trash()).map((entry) => trashReport(entry, parts)) };
  if (asked.type === 'conflicts') return { conflicts: await parts.conflicts.reports() };
  const entries = await folder.readdir(asked.path);
  const pathOf = (name: string): string => (asked.path === '' ? name : `${asked.path}/${name}`);
  return {
    path: asked.path,
    entries: await Promise.all(
      entries.map(async (name) => ({ name, kind: (await folder.stat(pathOf(name))).kind })),
    ),
  };
}

async function restore(
  folder: Folder,
  { path, version, removed, to }: Questions['restore'],
): Promise<string> {
  if (version !== undefined)
    return folder.restore(path, { version: await versionNamed(folder, path, version), to });
  if (removed === undefined) return folder.restore(path, { to });
  const entries = (await folder.trash()).filter((entry) => entry.path === path);
  return folder.restore(path, { id: only(entries, removed, 'entry in the trash').id, to });
}

/** Where no listed version has the name, one that is told apart only when all are. */
async function versionNamed(folder: Folder, path: string, word: string): Promise<FileVersion> {
  const listed = (await folder.versions(path)).filter(({ id }) => id.startsWith(word));
  return only(listed.length > 0 ? listed : await folder.versions(path, { all: true }), word, 'version');
}

/** @throws CONFIG_INVALID if the word is the beginning of several ids, VERSION_NOT_FOUND if of none */
function only<Named extends { readonly id: string }>(
  all: readonly Named[],
  word: string,
  what: string,
): Named {
  const exact = all.find(({ id }) => id === word);
  const [first, second] = exact === undefined ? all.filter(({ id }) => id.startsWith(word)) : [exact];
  if (first === undefined)
    throw new EvermeshError(
      'VERSION_NOT_FOUND',
      `There is no ${what} whose id begins with ${JSON.stringify(word)}.`,
    );
  if (second !== undefined)
    throw usageError(
      `Several ids begin with ${JSON.stringify(word)}.`,
      'Write more of the one that is meant.',
    );
  return first;
}

const versionReport = ({ id, time, device, kind, size }: FileVersion, parts: Answering): VersionReport => ({
  ...{ id, kind, size },
  ...by({ time, device }, parts),
});

const trashReport = ({ id, path, kind, count, time, device }: TrashEntry, parts: Answering): TrashReport => ({
  ...{ id, path, kind, count },
  ...by({ time, device }, parts),
});

/** A device by its name, where that is known: of others only their ids are. */
const by = (
  { time, device }: Pick<VersionReport, 'time' | 'device'>,
  { replica }: Answering,
): Pick<VersionReport, 'time' | 'device'> => ({
  ...(time === undefined ? {} : { time }),
  ...(device === undefined ? {} : { device: device === replica.device.id ? replica.device.name : device }),
});
