/** How what came out of two saves compares with what git made of the same three texts. */

/** Where git is clean: the same; the same but that something stands twice; anything else. Where it is not: no line that is new; some. */
export type Verdict = 'equal' | 'twice' | 'other' | 'kept' | 'blended';

export function compare(result: string, { base, left, right, merged }: Texts): Verdict {
  if (merged === undefined) {
    const known = new Set([base, left, right].flatMap(linesOf));
    return linesOf(result).every((line) => known.has(line)) ? 'kept' : 'blended';
  }
  if (result === merged) return 'equal';
  return isTwice(linesOf(result), linesOf(merged)) ? 'twice' : 'other';
}

interface Texts {
  readonly base: string;
  readonly left: string;
  readonly right: string;
  readonly merged: string | undefined;
}

/** Whether all of the expected lines are there in their order, and each that is too many is also one of them. */
function isTwice(lines: readonly string[], expected: readonly string[]): boolean {
  const known = new Set(expected);
  let at = 0;
  for (const line of lines) {
    if (line === expected[at]) at++;
    else if (!known.has(line)) return false;
  }
  return at === expected.length;
}

const linesOf = (text: string): string[] => text.split('\n');
