/** What was removed from a folder and can be brought back. Nothing is ever taken out of it: it is what the tree says, and no place. */
import {
  type AuthorId,
  type DeviceId,
  deviceOf,
  type NodeId,
  runOf,
  TREE_DOCUMENT,
} from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import { type GoneNode, type NodeKind, removalKeysIn } from '../../model/index.ts';
import { NO_HEADS } from '../../protocol/index.ts';
import type { FolderState } from '../folder-state.ts';

export interface TrashEntry {
  readonly id: NodeId;
  /** Where it was. Several entries may have been at one path. */
  readonly path: string;
  readonly kind: NodeKind;
  /** How many files and directories it brings back, itself among them. */
  readonly count: number;
  /** The device that removed it; none where nobody knows. */
  readonly device?: DeviceId;
  /** When, in milliseconds since 1970 by that device's clock; none where nobody knows. */
  readonly time?: number;
}

/** The last removed first. */
export async function trashOf(state: FolderState): Promise<TrashEntry[]> {
  const gone = state.tree.gone();
  if (gone.length === 0) return [];
  const authors = authorsByTag(state);
  const times = await timesOf(state, gone);
  const counts = new Map<NodeId, number>();
  for (const { top } of gone) counts.set(top, (counts.get(top) ?? 0) + 1);
  const entries = gone.filter(({ id, top }) => id === top);
  return entries.map(({ id, path, kind, operation, tag }) => {
    const author = authors.get(tag);
    const time = times.get(operation);
    return {
      ...{ id, path, kind, count: counts.get(id) ?? 1 },
      ...(author === undefined ? {} : { device: deviceOf(author) }),
      ...(time === undefined ? {} : { time }),
    };
  });
}

const tagOf = (author: AuthorId): string => runOf(author).slice(0, 10);

const authorsByTag = ({ log }: FolderState): Map<string, AuthorId> =>
  new Map([...(log.document(TREE_DOCUMENT)?.heads ?? NO_HEADS).keys()].map((each) => [tagOf(each), each]));

/** By operation, of those whose step is kept by itself. */
async function timesOf(state: FolderState, gone: readonly GoneNode[]): Promise<Map<string, number>> {
  const wanted = new Set(gone.map(({ operation }) => operation));
  const tags = new Set(gone.map(({ tag }) => tag));
  const times = new Map<string, number>();
  await state.live.settled(TREE_DOCUMENT);
  for await (const { brings, time, updates } of state.log.read.history(TREE_DOCUMENT)) {
    if (time === 0 || ![...brings.keys()].some((author) => tags.has(tagOf(author)))) continue;
    for (const { kind, body } of updates)
      for (const key of kind === 'update' ? readKeys(body) : []) if (wanted.has(key)) times.set(key, time);
  }
  return times;
}

/** What cannot be read removed nothing. */
function readKeys(body: Uint8Array): string[] {
  try {
    return removalKeysIn(body);
  } catch (error) {
    if (!isEvermeshError(error, 'UPDATE_MALFORMED')) throw error;
    return [];
  }
}
