/** Comparing large texts takes long: it is done before anything is written, in slices, and what was found is handed in. */
import type { Hunk, Unit } from './hunk.ts';
import { textHunks } from './text-hunks.ts';

export interface ComparedTexts {
  readonly base: string;
  readonly next: string;
  readonly unit: Unit;
  readonly hunks: readonly Hunk[];
}

/** Those that were found, if these texts were compared; else they are now, in one turn. */
export function hunksOf(
  { base, next, unit }: Omit<ComparedTexts, 'hunks'>,
  compared: ComparedTexts | undefined,
): readonly Hunk[] {
  const isSame = compared?.base === base && compared.next === next && compared.unit === unit;
  return isSame ? compared.hunks : textHunks(base, next, unit);
}
