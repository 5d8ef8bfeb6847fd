/** Fewer hunks that do the same: those that stand near each other become one, with the text between them in it. */
import type { Hunk } from './hunk.ts';

/** At most so many. The largest gaps between hunks stay; of gaps that are equal some, all over the text. */
export function fewerHunks(base: string, hunks: Hunk[], most: number): Hunk[] {
  if (hunks.length <= most) return hunks;
  const stays = largest(gapsBetween(hunks), most - 1);
  const joined: Hunk[] = [];
  let first = 0;
  for (let next = 1; next <= hunks.length; next++) {
    if (next < hunks.length && !stays(next - 1)) continue;
    joined.push(join(base, hunks.slice(first, next)));
    first = next;
  }
  return joined;
}

const endOf = ({ offset, remove }: Hunk): number => offset + remove;

function gapsBetween(hunks: readonly Hunk[]): Int32Array {
  const gaps = new Int32Array(hunks.length - 1);
  for (let i = 0; i < gaps.length; i++) gaps[i] = (hunks[i + 1] as Hunk).offset - endOf(hunks[i] as Hunk);
  return gaps;
}

/** Which numbers, asked for one after the other, belong to the `count` largest. */
function largest(numbers: Int32Array, count: number): (index: number) => boolean {
  const sorted = numbers.toSorted();
  const limit = sorted[sorted.length - count] as number;
  const above = sorted.length - firstAbove(sorted, limit);
  const equal = firstAbove(sorted, limit) - firstAbove(sorted, limit - 1);
  const wanted = count - above;
  const share = (of: number): number => Math.floor((of * (wanted + 1)) / (equal + 1));
  let seen = 0;
  return (index) => {
    const number = numbers[index] as number;
    if (number !== limit) return number > limit;
    seen += 1;
    return share(seen) > share(seen - 1);
  };
}

function firstAbove(sorted: Int32Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function join(base: string, hunks: readonly Hunk[]): Hunk {
  const [first] = hunks as [Hunk];
  const parts: string[] = [];
  let end = first.offset;
  for (const hunk of hunks) {
    parts.push(base.slice(end, hunk.offset), hunk.insert);
    end = endOf(hunk);
  }
  return { offset: first.offset, remove: end - first.offset, insert: parts.join('') };
}
