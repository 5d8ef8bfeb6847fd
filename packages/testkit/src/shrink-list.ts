/**
 * Makes a list small: pieces of it are left out, ever smaller ones, for as long as it fails without them (delta debugging:
 * Zeller and Hildebrandt, 2002, without the test of subsets).
 */

/**
 * @param fails whether a shorter list still does
 * @param patience how often that is asked at most
 */
export async function shrinkList<Item>(
  list: readonly Item[],
  fails: (shorter: readonly Item[]) => Promise<boolean>,
  patience: number,
): Promise<readonly Item[]> {
  let left = patience;
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < list.length;) {
      if (left <= 0) return list;
      left -= 1;
      const candidate = [...list.slice(0, at), ...list.slice(at + size)];
      if (await fails(candidate)) list = candidate;
      else at += size;
    }
  }
  return list;
}
