/**
 * What can be asked about the folder itself, whether or not anything keeps it in step: plain data, the same from a running `up` and
 * from a store that is opened for it. Bringing something back is asked in the same way; what is on disk follows by the mirror, as any
 * other change of the folder does.
 */
import type { FileDiff, FileVersion, NodeKind, PastChange } from '@evermesh/core';
import type { ConflictReport } from './reports.ts';

export interface Questions {
  readonly versions: { readonly path: string; readonly all: boolean };
  readonly restore: {
    readonly path: string;
    /** The beginning of a version's id, or of an entry's in the trash. */
    readonly version?: string | undefined;
    readonly removed?: string | undefined;
    readonly to?: string | undefined;
  };
  readonly trash: object;
  readonly conflicts: object;
  /** `keep`: `shown`, or the beginning of the id of a content in conflict; none: all of them are kept. */
  readonly resolve: { readonly path: string; readonly keep?: string | undefined };
  /** Beginnings of versions' ids. */
  readonly diff: {
    readonly path: string;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
  };
  /** Empty for the whole folder. */
  readonly log: { readonly path: string; readonly limit: number };
  readonly list: { readonly path: string };
}

export interface Answers {
  readonly versions: { readonly path: string; readonly versions: readonly VersionReport[] };
  readonly restore: { readonly path: string; readonly running: boolean };
  readonly trash: { readonly entries: readonly TrashReport[] };
  readonly conflicts: { readonly conflicts: readonly ConflictReport[] };
  readonly resolve: {
    readonly path: string;
    /** Where contents went that got a name of their own. */
    readonly made: readonly string[];
    readonly running: boolean;
  };
  readonly diff: DiffReport;
  readonly log: { readonly path: string; readonly changes: readonly PastReport[] };
  readonly list: {
    readonly path: string;
    readonly entries: readonly { readonly name: string; readonly kind: NodeKind }[];
  };
}

export type QuestionType = keyof Questions;

export type Question = {
  [Type in QuestionType]: { readonly type: Type } & Questions[Type];
}[QuestionType];
/** `undefined` for what is no question of this version. */
export function parseQuestion(value: unknown): Question | undefined {
  const { type, path, all, version, removed, from, to, keep, limit } = (value ?? {}) as Partial<
    Record<string, unknown>
  >;
  if (type === 'trash' || type === 'conflicts') return { type };
  if (typeof path !== 'string') return undefined;
  if (type === 'list') return { type, path };
  if (type === 'resolve') return { type, path, keep: textOf(keep) };
  if (type === 'diff') return { type, path, from: textOf(from), to: textOf(to) };
  if (type === 'log' && isCount(limit)) return { type, path, limit };
  if (type === 'versions') return { type, path, all: all === true };
  if (type !== 'restore') return undefined;
  return { type, path, version: textOf(version), removed: textOf(removed), to: textOf(to) };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

export type AnswerTo<Asked extends Question> = Answers[Asked['type']];

export type Ask = <Asked extends Question>(question: Asked, signal?: AbortSignal) => Promise<AnswerTo<Asked>>;

export interface VersionReport {
  readonly id: string;
  readonly time?: number | undefined;
  readonly device?: string | undefined;
  readonly kind: FileVersion['kind'];
  readonly size: number;
}

export interface DiffReport extends Pick<FileDiff, 'kind' | 'same' | 'hunks'> {
  readonly path: string;
  /** Absent before the first version. */
  readonly from?: VersionReport | undefined;
  readonly to: VersionReport;
}

export type PastReport = Pick<PastChange, 'type' | 'path' | 'from' | 'time' | 'version'> & {
  readonly device?: string | undefined;
};

export interface TrashReport {
  readonly id: string;
  readonly path: string;
  readonly kind: NodeKind;
  readonly count: number;
  readonly time?: number | undefined;
  readonly device?: string | undefined;
}
