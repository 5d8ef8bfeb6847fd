/** What differs between two versions of a file. */
import { type DiffHunk, type FileContent, lineDiffInSlices, sameContent } from '../../model/index.ts';
import { equalHeads } from '../../protocol/index.ts';
import type { FolderState } from '../folder-state.ts';
import { inTurns } from '../in-turns.ts';
import type { FileVersion, VersionName } from './file-version.ts';
import { noVersion } from '../no-version.ts';
import { type HistoricFile, versionAt, versionsOf } from './versions.ts';

export interface DiffOptions {
  /** Default: the version before `to`. Of the first version that is nothing, so all of it is new. */
  readonly from?: VersionName | undefined;
  /** Default: the last version. */
  readonly to?: VersionName | undefined;
}

export interface FileDiff {
  /** Absent before the first version. */
  readonly from: FileVersion | undefined;
  readonly to: FileVersion;
  /** `blob` if one of the two is no text: then there are no lines to compare. */
  readonly kind: FileContent['kind'];
  /** Whether both are the same, byte for byte. */
  readonly same: boolean;
  /** Ascending, as in a unified diff. */
  readonly hunks: readonly DiffHunk[];
}

/** @throws VERSION_NOT_FOUND */
export async function diffOf(
  state: FolderState,
  file: HistoricFile,
  { from, to }: DiffOptions,
): Promise<FileDiff> {
  const { before, behind } =
    from !== undefined && to !== undefined
      ? { before: from, behind: to }
      : await chosen(state, file, from, to);
  const a = before === undefined ? undefined : await versionAt(state, file, before);
  const b = await versionAt(state, file, behind);
  const [was, is] = [a?.content ?? NOTHING, b.content];
  const kind = was.kind === 'blob' ? 'blob' : is.kind;
  const { clock } = state.options;
  const isText = was.kind === 'text' && is.kind === 'text';
  const hunks = isText ? await inTurns(lineDiffInSlices(was.text, is.text), clock) : [];
  return { from: a?.version, to: b.version, kind, same: sameContent(was, is), hunks };
}

const NOTHING: FileContent = { kind: 'text', text: '' };

/** What nobody named. Among the versions first, and where the one that was named is none of them among all steps. */
async function chosen(
  state: FolderState,
  file: HistoricFile,
  from: VersionName | undefined,
  to: VersionName | undefined,
): Promise<{ readonly before: VersionName | undefined; readonly behind: VersionName }> {
  for (const all of [false, true]) {
    const versions = await versionsOf(state, file, { all });
    const at = versions.findIndex((each) => (to === undefined ? isShown(each) : isSame(each, to)));
    const behind = versions[at];
    if (behind !== undefined) return { before: from ?? versions.slice(at + 1).find(isShown), behind };
  }
  throw noVersion();
}

/** Contents that were kept beside it are versions, too. */
const isShown = ({ other }: VersionName): boolean => other === undefined;

const isSame = (one: VersionName, another: VersionName): boolean =>
  one.other === another.other && equalHeads(one.heads, another.heads);
