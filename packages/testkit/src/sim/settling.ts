/** Somebody who chooses between the contents of a file that were made at the same time. */
import { isEvermeshError, type NodeContent } from '@evermesh/core';
import { changing, isAlone } from './changing.ts';
import { lettersIn } from './letters.ts';
import { textOf } from './observe.ts';
import { opened } from './opening.ts';
import { VERSIONS } from './restoring-versions.ts';
import type { Seat } from './seat.ts';
import { shown } from './typing.ts';

export async function settle(seat: Seat): Promise<void> {
  const { folder, random, ledger, who, now, say, said, cannot, violate } = seat;
  const conflicts = (await folder.conflicts()).filter(({ kind }) => kind === 'content');
  if (conflicts.length === 0) return cannot('finds nothing to settle');
  const { id, path } = random.pick(conflicts);
  const listed = await folder.versions(path, { all: true });
  const before = await opened(seat, id);
  if (before === undefined) return cannot(`looks at ${path}, which has not arrived`);
  const texts = await textsOf(seat, before);
  if (texts === undefined) return cannot(`looks at ${path}, and not all of it is here`);
  if (before.others.length === 0) return cannot(`finds that ${path} is settled`);
  const node = folder.nodes.node(id);
  if (node === undefined || folder.nodes.pathOf(id) !== path)
    return cannot(`finds something else at ${path} by then`);
  const choice = random.pick(['shown', 'both', 'both', ...before.others.map((other) => other.id)]);
  const wanted = texts.get(choice === 'both' ? 'shown' : choice) as string;
  const look = [...texts.values()].join('');
  say(() => `settles ${path} in favour of ${choice}: ${shown(wanted)}`);
  // Each of them becomes a file of its own; what is chosen somebody else may choose at the same time.
  ledger.copied(lettersIn(choice === 'both' ? look : wanted));
  const how = `${path} settled by ${who} at ${now()}`;
  const after = await changing(
    seat,
    { id, path, how, listed, heads: before.heads, look, wanted, others: true, isAllKept: choice === 'both' },
    () => folder.resolve(path, choice),
  );
  said(VERSIONS.settled);
  if (after === undefined || !isAlone(before.heads, after.heads, seat)) return;
  const text = await textOf(folder, after.content);
  if (text !== wanted || after.others.length > 0)
    violate(
      'L4',
      `${who} chooses ${shown(wanted)} at ${path}, and finds ${shown(text)} and ${after.others.length} others`,
    );
}

/** What each of its contents says, by the word that chooses it; `undefined` if one of them has not arrived. */
async function textsOf(
  { folder }: Seat,
  { content, others }: NodeContent,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const texts = new Map([['shown', await textOf(folder, content)]]);
    for (const other of others) texts.set(other.id, await textOf(folder, other.content));
    return texts;
  } catch (error) {
    if (!isEvermeshError(error, 'BLOB_NOT_FOUND')) throw error;
    return undefined;
  }
}
