/**
 * A mutant: a mistake planted in the product, as a patch. In front of the patch stand lines that say what is broken, which laws
 * must catch it, and in which profile of the simulator:
 *
 *     Breaks: in plain words, on as many lines as it takes
 *     Law: L2, L5
 *     Profile: faults
 *
 * A mistake in the rules of the tree has `Check: tree` in place of a profile: runs of `npm run tree` catch it, by their invariants.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Mutant {
  /** The file's name without `.patch`. */
  readonly name: string;
  readonly patch: string;
  readonly breaks: string;
  /** Any of them. */
  readonly laws: readonly string[];
  /** Of the simulator. */
  readonly profile: string | undefined;
}

/** Where the patches lie. */
export const PATCHES: string = import.meta.dirname;

/** In the order of their numbers. @throws TypeError for a patch that does not say what it is */
export async function readMutants(): Promise<Mutant[]> {
  const files = (await readdir(PATCHES)).filter((file) => file.endsWith('.patch')).sort();
  return Promise.all(files.map(readMutant));
}

/**
 * Every Nth of them for `K/N`, the first one counted from K, which goes round: with another K each time, all come to their turn.
 * @throws TypeError for what is no such part, or has none of them
 */
export function partOf(mutants: readonly Mutant[], part: string): Mutant[] {
  const [, turn, of] = /^(\d{1,15})\/(\d{1,3})$/.exec(part) ?? [];
  const chosen = mutants.filter((_, at) => at % Number(of) === Number(turn) % Number(of));
  if (chosen.length === 0) throw new TypeError(`--part takes K/N, of which ${part} has no mutant.`);
  return chosen;
}

async function readMutant(file: string): Promise<Mutant> {
  const text = await readFile(join(PATCHES, file), 'utf8');
  const [head = ''] = text.split(/^diff --git /m, 1);
  const factOf = (name: string): string | undefined =>
    new RegExp(`^${name}: ([^]*?)(?=^[A-Z]\\w+: |^$)`, 'm').exec(head)?.[1]?.trim().replaceAll(/\s+/g, ' ');
  const fact = (name: string): string => {
    const found = factOf(name);
    if (found === undefined) throw new TypeError(`${file} does not say "${name}:".`);
    return found;
  };
  return {
    name: file.slice(0, -'.patch'.length),
    patch: join(PATCHES, file),
    breaks: fact('Breaks'),
    laws: fact('Law').split(', '),
    profile: factOf('Check') === 'tree' ? undefined : fact('Profile'),
  };
}
