/** What the author of a removal says that he had seen: for each author of records the last number. */

const CLAIM = /^[0-9a-z]{1,4}\.[0-9a-z]{1,11}$/;

/** Whether it can stand for what was seen of one node. */
export const isClaim = (claim = ''): boolean =>
  claim === '' || claim === '-' || claim.split(',').every((part) => CLAIM.test(part));

/**
 * By author, as `device.run`. `undefined` for what nobody writes.
 * @param claim which of those in `text` were seen of one node: all, none (`-`), or the ones at these places as far as these numbers
 */
export function claimedHeads(text: unknown, claim = ''): Map<string, number> | undefined {
  const all = headsIn(text);
  if (all === undefined || claim === '') return all;
  const authors = [...all.keys()];
  const heads = new Map<string, number>();
  for (const part of claim === '-' ? [] : claim.split(',')) {
    const [place, number] = part.split('.').map((digits) => Number.parseInt(digits, 36)) as [number, number];
    const author = authors[place];
    if (author !== undefined) heads.set(author, Math.max(number, heads.get(author) ?? 0));
  }
  return heads;
}

function headsIn(text: unknown): Map<string, number> | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) return undefined;
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let place = 0; place < 8; place++) {
      const byte = bytes[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte % 128) * 128 ** place;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  const heads = new Map<string, number>();
  for (let left = number(); left !== 0; left--) {
    const author = bytes.subarray(at, at + 24).toString('hex');
    at += 24;
    const counter = number();
    const isSound = author.length === 48 && counter > 0 && Number.isSafeInteger(counter) && left > 0;
    const name = `${author.slice(0, 32)}.${author.slice(32)}`;
    if (!isSound || heads.has(name)) return undefined;
    heads.set(name, counter);
  }
  return at === bytes.length ? heads : undefined;
}

/** Whether who had seen `seen` had seen all of `heads`. */
export const hadSeen = (seen: ReadonlyMap<string, number>, heads: ReadonlyMap<string, number>): boolean =>
  [...heads].every(([author, counter]) => counter <= (seen.get(author) ?? 0));
