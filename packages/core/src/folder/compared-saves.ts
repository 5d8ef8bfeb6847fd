/**
 * Saves of large texts are compared before anything is written, and everybody else has his turn in between. What a disk showed is named
 * by heads, so it stays what it is whatever arrives meanwhile; where what was found belongs in the newest document is looked for when
 * it is written, in one turn.
 */
import { type ComparedTexts, textHunksInSlices, unitOf } from '../model/index.ts';
import type { FolderState } from './folder-state.ts';
import type { NodeOperation } from './nodes.ts';
import type { Bases } from './bases-of-saves.ts';
import { isEvermeshError } from '../errors/index.ts';

type Save = Extract<NodeOperation, { type: 'save' }>;

/** UTF-16 units of both texts. Less is compared in a few milliseconds. */
const LARGE = 131_072;

export async function compareLarge(
  { options: { clock }, tree }: Pick<FolderState, 'options' | 'tree'>,
  bases: Bases,
): Promise<ReadonlyMap<Save, ComparedTexts>> {
  const compared = new Map<Save, ComparedTexts>();
  for (const [save, base] of bases) {
    if (isEvermeshError(base)) continue;
    const { shown } = base;
    const { content, id } = save;
    if (content.kind !== 'text' || shown.text.length + content.text.length < LARGE) continue;
    const texts = { base: shown.text, next: content.text, unit: unitOf(tree.node(id)?.name ?? '') };
    const computation = textHunksInSlices(texts.base, texts.next, texts.unit);
    let step = computation.next();
    for (; step.done !== true; step = computation.next()) await clock.turn?.();
    compared.set(save, { ...texts, hunks: step.value });
    await clock.turn?.();
  }
  return compared;
}
