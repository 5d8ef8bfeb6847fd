/**
 * What somebody takes away who has a file hold something else than it does. That is what the file is when his call takes effect, and may
 * be more than he looked at: it is read from the versions that are new when he has his answer. Until then nothing is marked.
 */
import { type FileVersion, type Heads, isEvermeshError, type NodeContent, type NodeId } from '@evermesh/core';
import { lettersIn } from './letters.ts';
import { textOf, textOfAll } from './observe.ts';
import type { Seat } from './seat.ts';

export interface Change {
  readonly id: NodeId;
  readonly path: string;
  /** As the ledger has it: a mark of its own. */
  readonly how: string;
  /** Its versions, listed before he looked. */
  readonly listed: readonly FileVersion[];
  /** What he looked at, and of which heads that was the content. */
  readonly heads: Heads;
  readonly look: string;
  readonly wanted: string;
  /** It is about what is kept beside the shown content as well: all of that is in `look`. */
  readonly others?: boolean;
  /** Nothing is taken away: all of it is copied. */
  readonly isAllKept?: boolean;
}

/** Counted: what was lost by it nobody can tell. */
const UNSEEN = 'nobody sees what a call came to';

/** @returns what the file is then, if that can be read */
export async function changing(
  seat: Seat,
  change: Change,
  call: () => Promise<unknown>,
): Promise<NodeContent | undefined> {
  const { id, heads, look, wanted, how, isAllKept } = change;
  const { folder, ledger, said, onDeath } = seat;
  let isTouched = false;
  const unheard = folder.nodes.changed.add((ids) => {
    isTouched ||= ids.includes(id);
  });
  // Whoever never hears what came of it may have done it, to the file that he saw or to one into which more had come.
  const unseen = (): void => {
    if (!isTouched) return;
    mark(seat, change, [look], wanted);
    // Nothing is shown before it is durable, and these are the heads of what is.
    if (isAllKept === true || isAlone(heads, folder.nodes.headsOf(id), seat)) return;
    said(UNSEEN);
    ledger.excuseAll(`may have been there when it was ${how}`);
  };
  const spared = onDeath(unseen);
  try {
    await call();
    const after = await folder.nodes.content(id);
    const text = after && (await readable(() => textAfter(seat, change, after)));
    const came = await readable(() => newTexts(seat, change));
    if (text === undefined || came === undefined) unseen();
    else mark(seat, change, [look, ...came], text);
    return text === undefined ? undefined : after;
  } catch (error) {
    if (isEvermeshError(error) && error.code.startsWith('STORE_')) unseen();
    throw error;
  } finally {
    unheard();
    spared();
  }
}

const textAfter = ({ folder }: Seat, { others }: Change, content: NodeContent): Promise<string> =>
  others === true ? textOfAll(folder, content) : textOf(folder, content.content);

/** What the file showed since it was looked at. */
async function newTexts({ folder }: Seat, { id, path, listed, others }: Change): Promise<string[]> {
  const at = folder.nodes.node(id)?.id === id ? folder.nodes.pathOf(id) : path;
  const known = new Set(listed.map((version) => version.id));
  const texts: string[] = [];
  for (const version of await folder.versions(at, { all: true }))
    if (!known.has(version.id) && (others === true || version.other === undefined))
      texts.push(new TextDecoder().decode(await folder.readVersion(at, version)));
  return texts;
}

/** What is there no more, or not at this device, cannot be read. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isEvermeshError(error) || !/^(PATH|CONTENT|VERSION|BLOB)_/.test(error.code)) throw error;
    return undefined;
  }
}

/** What stood in front of whom, and what came of it. What is back or was moved may be there twice, if somebody else did so as well. */
function mark(
  { ledger }: Seat,
  { how, wanted, isAllKept }: Change,
  texts: readonly string[],
  after: string,
): void {
  for (const text of texts) {
    if (isAllKept === true) ledger.copied(lettersIn(text));
    else {
      ledger.replaced(text, after, how);
      ledger.copied(broughtBack(lettersIn(text), lettersIn(wanted)));
    }
  }
}

/** What is new in `after`, each as often as it is; where letters changed places, all of them. */
function broughtBack(before: readonly string[], after: readonly string[]): readonly string[] {
  const [were, are] = [new Set(before), new Set(after)];
  const stayed = before.filter((letter) => are.has(letter));
  return stayed.join('') === after.filter((letter) => were.has(letter)).join('')
    ? after.filter((letter) => !were.has(letter))
    : after;
}

/** Nothing happened to the file but what this device did in one record, if it did anything. */
export function isAlone(before: Heads, after: Heads, { device }: Seat): boolean {
  const changed = [...after].filter(([author, counter]) => before.get(author) !== counter);
  return (
    changed.length <= 1 &&
    changed.every(
      ([author, counter]) => author.startsWith(device) && counter === (before.get(author) ?? 0) + 1,
    )
  );
}
