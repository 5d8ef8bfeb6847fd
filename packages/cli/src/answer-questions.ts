/** Answers what is asked about a folder. What is changed for it is durable then. */
import {
  type DeviceId,
  type ErrorCode,
  EvermeshError,
  type FileVersion,
  type Folder,
  isEvermeshError,
  type PastChange,
  type Replica,
  type TrashEntry,
} from '@evermesh/core';
import type {
  Answers,
  AnswerTo,
  Ask,
  DiffReport,
  PastReport,
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
    try {
      // Each branch answers what its question is answered with.
      return (await answer(question, parts)) as AnswerTo<Asked>;
    } catch (error) {
      throw withNextStep(error, question);
    }
  };

const NO_SUCH_FILE = 'See what there is: evermesh ls DIR. What was removed: evermesh trash DIR.';
const NAME_A_FILE = 'Name a file in it; evermesh ls DIR lists them.';
const SEE_CONFLICTS = 'See what is in conflict: evermesh conflicts DIR.';
const ELSEWHERE = 'Give another place: --to PATH.';

/** Where a mirror waits for a change, somebody who asked writes something else. */
const NEXT_STEPS: { readonly [Type in QuestionType]?: Partial<Record<ErrorCode, string>> } = {
  versions: {
    PATH_NOT_FOUND: NO_SUCH_FILE,
    PATH_IS_DIRECTORY: NAME_A_FILE,
  },
  diff: {
    PATH_NOT_FOUND: NO_SUCH_FILE,
    PATH_IS_DIRECTORY: NAME_A_FILE,
  },
  resolve: {
    PATH_NOT_FOUND: SEE_CONFLICTS,
    PATH_IS_DIRECTORY: SEE_CONFLICTS,
    VERSION_NOT_FOUND: SEE_CONFLICTS,
    CONFLICT_NOT_FOUND:
      'See what is in conflict: evermesh conflicts DIR. Of one name given twice rename or delete either.',
  },
  restore: {
    PATH_NOT_FOUND:
      'See what was removed: evermesh trash DIR. A version of a file that is there: --at ID, from evermesh versions FILE.',
    PATH_EXISTS: ELSEWHERE,
    PATH_INVALID: ELSEWHERE,
    PATH_NOT_DIRECTORY: ELSEWHERE,
  },
  log: { PATH_NOT_FOUND: NO_SUCH_FILE },
  list: {
    PATH_NOT_FOUND: 'See what there is: evermesh ls DIR, of the directory around it.',
    PATH_NOT_DIRECTORY: 'Name a directory. What a file held: evermesh versions FILE.',
  },
};

function withNextStep(error: unknown, { type }: Question): unknown {
  if (!isEvermeshError(error) || error.details['next'] !== undefined) return error;
  const { code, message, details } = error;
  const next = NEXT_STEPS[type]?.[code];
  return next === undefined
    ? error
    : new EvermeshError(code, message, { details: { ...details, next }, cause: error });
}

async function answer(asked: Question, parts: Answering): Promise<Answers[QuestionType]> {
  const { folder } = parts;
  if (asked.type === 'versions') {
    const versions = await folder.versions(asked.path, { all: asked.all });
    const named = await naming(parts);
    return { path: asked.path, versions: versions.map((version) => versionReport(version, named)) };
  }
  if (asked.type === 'restore') {
    const path = await restore(folder, asked);
    await folder.flush();
    return { path, running: parts.running };
  }
  if (asked.type === 'trash') {
    const entries = await folder.trash();
    const named = await naming(parts);
    return { entries: entries.map((entry) => trashReport(entry, named)) };
  }
  if (asked.type === 'conflicts') return { conflicts: await parts.conflicts.reports() };
  if (asked.type === 'resolve') return { ...(await resolve(folder, asked)), running: parts.running };
  if (asked.type === 'diff') return diff(asked, parts);
  if (asked.type === 'log') {
    const changes = await folder.history(asked);
    const named = await naming(parts);
    return { path: asked.path, changes: changes.map((change) => pastReport(change, named)) };
  }
  const entries = await folder.readdir(asked.path);
  const pathOf = (name: string): string => (asked.path === '' ? name : `${asked.path}/${name}`);
  return {
    path: asked.path,
    entries: await Promise.all(
      entries.map(async (name) => ({ name, kind: (await folder.stat(pathOf(name))).kind })),
    ),
  };
}

const TRASHED = 'entry in the trash';

async function restore(
  folder: Folder,
  { path, version, removed, to }: Questions['restore'],
): Promise<string> {
  if (version !== undefined)
    return folder.restore(path, { version: await versionNamed(folder, path, version), to });
  if (removed === undefined) return folder.restore(path, { to });
  const entries = (await folder.trash()).filter((entry) => entry.path === path);
  return folder.restore(path, { id: only(entries, removed, TRASHED).id, to });
}

async function resolve(
  folder: Folder,
  { path, keep }: Questions['resolve'],
): Promise<Pick<Answers['resolve'], 'path' | 'made'>> {
  if (keep === undefined || keep === 'shown')
    return { path, made: await folder.resolve(path, keep ?? 'both') };
  const { id: node } = await folder.stat(path);
  const others = (await folder.nodes.content(node))?.others ?? [];
  // Nothing is in conflict, which it says itself.
  const choice = others.length === 0 ? keep : only(others, keep, 'other version').id;
  return { path, made: await folder.resolve(path, choice) };
}

async function diff({ path, from, to }: Questions['diff'], parts: Answering): Promise<DiffReport> {
  const { folder } = parts;
  const named = (word: string | undefined): Promise<FileVersion> | undefined =>
    word === undefined ? undefined : versionNamed(folder, path, word);
  const found = await folder.diff(path, { from: await named(from), to: await named(to) });
  const { kind, same, hunks } = found;
  const device = await naming(parts);
  return {
    path,
    ...(found.from === undefined ? {} : { from: versionReport(found.from, device) }),
    ...{ to: versionReport(found.to, device), kind, same, hunks },
  };
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
  // As a variable of a shell that was never set.
  if (word === '')
    throw usageError(`The id of the ${what} is empty.`, 'Write the beginning of one, at least.');
  const exact = all.find(({ id }) => id === word);
  const [first, second] = exact === undefined ? all.filter(({ id }) => id.startsWith(word)) : [exact];
  if (first === undefined)
    throw new EvermeshError(
      'VERSION_NOT_FOUND',
      `There is no ${what} whose id begins with ${JSON.stringify(word)}.`,
      what === TRASHED ? { details: { next: 'See what was removed: evermesh trash DIR.' } } : {},
    );
  if (second !== undefined)
    throw usageError(
      `Several ids begin with ${JSON.stringify(word)}.`,
      'Write more of the one that is meant.',
    );
  return first;
}

/** A device as people know it: by its name if it told one, or by its id. */
type Naming = (device: DeviceId) => string;

async function naming({ folder, replica }: Answering): Promise<Naming> {
  const names = await folder.devices.names(replica.device);
  return (device) => names.get(device) ?? device;
}

const versionReport = ({ id, time, device, kind, size }: FileVersion, named: Naming): VersionReport => ({
  ...{ id, kind, size },
  ...by({ time, device }, named),
});

const trashReport = ({ id, path, kind, count, time, device }: TrashEntry, named: Naming): TrashReport => ({
  ...{ id, path, kind, count },
  ...by({ time, device }, named),
});

const pastReport = ({ type, path, from, time, device, version }: PastChange, named: Naming): PastReport => ({
  type,
  path,
  from,
  version,
  ...by({ time, device }, named),
});

const by = (
  { time, device }: { readonly time?: number | undefined; readonly device?: DeviceId | undefined },
  named: Naming,
): Pick<VersionReport, 'time' | 'device'> => ({
  ...(time === undefined ? {} : { time }),
  ...(device === undefined ? {} : { device: named(device) }),
});
