/** What happened in a folder: who did what, where, and when. It is read from what is kept of it, and kept nowhere by itself. */
import { documentOf, isNodeId, type NodeId, toHex } from '../../base/index.ts';
import { type HistoryStep, isGiven } from '../../log/index.ts';
import { headDigest } from '../../protocol/index.ts';
import type { FolderState } from '../folder-state.ts';
import { notFound } from '../paths.ts';
import { deviceIn, groupedSteps } from './grouped-steps.ts';
import { Newest } from './newest.ts';
import type { PastChange } from './past-change.ts';
import { pastTreeChanges } from './past-tree-changes.ts';

export interface PastOptions {
  /** What is there, and inside. Default: the whole folder. */
  readonly path?: string | undefined;
  /** How many at most, the last ones. Default: 100. */
  readonly limit?: number | undefined;
}

const USUAL = 100;
/** What is written within so long of its creation belongs to that: milliseconds. */
const AT_ONCE = 10_000;

/** The last first, whatever order it arrived in here. @throws PATH_NOT_FOUND if nothing is at the path, or was */
export async function pastChanges(
  state: FolderState,
  { path = '', limit = USUAL }: PastOptions,
): Promise<PastChange[]> {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError('A limit is a whole number above 0.');
  const isMeant = (place: string): boolean => path === '' || place === path || place.startsWith(`${path}/`);
  const newest = new Newest<PastChange>(limit);
  const made = new Map<NodeId, PastChange>();
  for await (const change of pastTreeChanges(state)) {
    if (change.type === 'created') made.set(change.id, change);
    if (isMeant(change.path) || (change.from !== undefined && isMeant(change.from))) newest.add(change);
  }
  for (const { id, path: place } of files(state)) {
    if (!isMeant(place)) continue;
    for await (const edit of edits(state, id)) {
      if (!belongs(edit, made.get(id))) newest.add({ ...edit, type: 'edited', id, path: place });
    }
  }
  const found = newest.all();
  if (found.length === 0 && path !== '' && state.tree.resolve(path) === undefined) throw notFound(path);
  return found;
}

type Edit = Pick<PastChange, 'time' | 'device' | 'version'>;

/** What arrived as a state is what several wrote at several times: nobody knows when. */
async function* edits(state: FolderState, id: NodeId): AsyncGenerator<Edit> {
  const document = documentOf(id);
  await state.live.settled(document);
  for await (const step of groupedSteps(withoutBodies(state.log.read.history(document)))) {
    const { heads, time } = step;
    yield { ...(time === 0 ? {} : { time }), device: deviceIn(step), version: toHex(headDigest(0, heads)) };
  }
}

async function* withoutBodies(steps: AsyncIterable<HistoryStep>): AsyncGenerator<HistoryStep> {
  for await (const step of steps) if (!isGiven(step)) yield { ...step, updates: [] };
}

/** Files of which something was ever written, and where they are or were last. */
function* files(state: FolderState): Generator<{ readonly id: NodeId; readonly path: string }> {
  const gone = new Map(state.tree.gone().map(({ id, path }) => [id, path]));
  for (const { document } of [...state.log.documents()]) {
    if (!isNodeId(document)) continue;
    const id = document as string as NodeId;
    const path = gone.get(id) ?? (state.tree.node(id) === undefined ? undefined : state.tree.pathOf(id));
    if (path !== undefined) yield { id, path };
  }
}

function belongs({ time, device }: Edit, made: PastChange | undefined): boolean {
  if (made === undefined || made.device !== device) return false;
  return time === undefined || Math.abs(time - (made.time ?? 0)) <= AT_ONCE;
}
