/** What a file held at each step of its history, and at one of them. */
import { type AuthorId, documentOf, type NodeId } from '../../base/index.ts';
import type { HistoryStep } from '../../log/index.ts';
import { type FileContent, hasFirstContent, isWhole, readFile, sameContent } from '../../model/index.ts';
import { covers, equalHeads, type Heads, raiseHead } from '../../protocol/index.ts';
import { hasArrived } from '../arrived.ts';
import { noVersion } from '../no-version.ts';
import type { FolderState } from '../folder-state.ts';
import { type FileVersion, fileVersion, type VersionName } from './file-version.ts';
import { groupedSteps } from './grouped-steps.ts';

/** A file, shown or removed. */
export interface HistoricFile {
  readonly id: NodeId;
  /** Of the first content; empty if it began empty. */
  readonly digest: string;
}

export interface VersionsOptions {
  /** Each step by itself. Default: what a device wrote without a pause of ten seconds, and within five minutes, is one version. */
  readonly all?: boolean;
}

/** One of the contents that a file had at a step; `other` names it if it was not the shown one. */
interface Content {
  readonly other: string | undefined;
  readonly content: FileContent;
}

/** The last made first. A content that a file had twice in a row is listed once, whatever else changed. */
export async function versionsOf(
  state: FolderState,
  { id, digest }: HistoricFile,
  { all = false }: VersionsOptions = {},
): Promise<FileVersion[]> {
  const document = documentOf(id);
  await state.live.settled(document);
  const showsPart = await isShownInPart(state, { id, digest });
  const steps = state.log.read.history(document);
  const found: FileVersion[] = [];
  let before: readonly Content[] = [];
  for await (const { doc, step } of state.documents.replay(document, all ? steps : groupedSteps(steps))) {
    // What came before that on which it builds is shown when all of it is here.
    if (!(isWhole(doc) || showsPart) || !hasFirstContent(doc, digest)) continue;
    const { shown, others } = readFile(doc);
    const now: Content[] = [{ other: undefined, content: shown }];
    for (const { id: other, content } of others) now.push({ other, content });
    for (const each of now) if (isNew(each, before)) found.push(fileVersion(step, each.content, each.other));
    before = now;
  }
  return found.reverse();
}

/** What a name of a version stands for. */
export interface FoundVersion {
  readonly version: FileVersion;
  readonly content: FileContent;
}

/** @throws VERSION_NOT_FOUND */
export async function versionAt(
  state: FolderState,
  { id, digest }: HistoricFile,
  { heads, other }: VersionName,
): Promise<FoundVersion> {
  const document = documentOf(id);
  await state.live.settled(document);
  const reached = new Map<AuthorId, number>();
  let found: FoundVersion | undefined;
  const steps = coveredBy(heads, state.log.read.history(document));
  for await (const { doc, step } of state.documents.replay(document, steps)) {
    for (const [author, counter] of step.brings) raiseHead(reached, author, counter);
    // A state is read once, at the end of what these heads cover.
    if (!equalHeads(reached, heads) || !hasFirstContent(doc, digest)) continue;
    const { shown, others } = readFile(doc);
    const content = other === undefined ? shown : others.find((each) => each.id === other)?.content;
    found = content && { content, version: fileVersion({ ...step, heads }, content, other) };
  }
  if (found === undefined || !equalHeads(reached, heads)) throw noVersion();
  return found;
}

/** Whether it is shown without what some of it builds on: then that was shown, and is a version. */
async function isShownInPart(state: FolderState, file: HistoricFile): Promise<boolean> {
  const newest = await state.documents.newest(documentOf(file.id));
  return !isWhole(newest) && hasArrived(state, file, newest);
}

async function* coveredBy(heads: Heads, steps: AsyncIterable<HistoryStep>): AsyncGenerator<HistoryStep> {
  for await (const step of steps) if (covers(heads, step.brings)) yield step;
}

/** What is shown and was not before; what is kept beside it and was nowhere before. */
function isNew({ other, content }: Content, before: readonly Content[]): boolean {
  const those = other === undefined ? before.slice(0, 1) : before;
  return !those.some((each) => sameContent(each.content, content));
}
