/**
 * Saves of large texts are compared before anything is written, and everybody else has his turn in between; so is what a person chose of
 * contents in conflict. What a disk showed is named by heads, so it stays what it is whatever arrives meanwhile; where what was found
 * belongs in the newest document is looked for when it is written, in one turn.
 */
import { isEvermeshError } from '../errors/index.ts';
import { type ComparedTexts, settledTexts, textHunksInSlices, unitOf } from '../model/index.ts';
import type { Bases } from './bases-of-saves.ts';
import type { FolderState } from './folder-state.ts';
import type { HeldDocuments, Rewrite } from './held-documents.ts';
import { inTurns } from './in-turns.ts';

type Texts = Omit<ComparedTexts, 'hunks'>;

/** UTF-16 units of both texts. Less is compared in a few milliseconds. */
const LARGE = 131_072;

export async function compareLarge(
  { options: { clock }, tree }: Pick<FolderState, 'options' | 'tree'>,
  living: HeldDocuments['all'],
  bases: Bases,
): Promise<ReadonlyMap<Rewrite, ComparedTexts>> {
  const compared = new Map<Rewrite, ComparedTexts>();
  for (const [operation, live] of [...living]) {
    let texts: Texts | undefined;
    if (operation.type !== 'save')
      texts = settledTexts(live, operation.type === 'resolve' ? operation.keep : undefined);
    else texts = savedTexts(operation, bases, unitOf(tree.node(operation.id)?.name ?? ''));
    if (texts === undefined || texts.base.length + texts.next.length < LARGE) continue;
    const { base, next, unit } = texts;
    const hunks = await inTurns(textHunksInSlices(base, next, unit), clock);
    compared.set(operation, { ...texts, hunks });
    await clock.turn?.();
  }
  return compared;
}

function savedTexts(
  save: Extract<Rewrite, { type: 'save' }>,
  bases: Bases,
  unit: Texts['unit'],
): Texts | undefined {
  const base = bases.get(save);
  if (base === undefined || isEvermeshError(base) || save.content.kind !== 'text') return undefined;
  return { base: base.shown.text, next: save.content.text, unit };
}
