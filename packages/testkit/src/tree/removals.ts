/** What one operation says that it removed, read off its bytes a second time: plainly, and with all that nobody writes refused. */

/** What is said of all nodes whose ids begin so. */
export interface SaidOf {
  /** The first bytes of an id, as hexadecimal digits. */
  readonly start: string;
  readonly placedToken: string;
  readonly namedToken: string;
  /** Nothing for what was removed by itself. */
  readonly via: string | undefined;
  readonly viaGroup: string;
  /** By author, as `device.run`. */
  readonly seen: ReadonlyMap<string, number>;
}

/** `undefined` for what nobody writes. */
export function saidIn(value: unknown): SaidOf[] | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  try {
    return read(Buffer.from(value));
  } catch (error) {
    if (error === REFUSED) return undefined;
    throw error;
  }
}

export const startOf = (id: string): string => Buffer.from(id.slice(1), 'base64url').toString('hex');

const REFUSED = new Error('nobody writes this');

function sound(condition: boolean): void {
  if (!condition) throw REFUSED;
}

function read(bytes: Buffer): SaidOf[] {
  let at = 0;
  const take = (length: number): Buffer => {
    sound(at + length <= bytes.length);
    return bytes.subarray(at, (at += length));
  };
  const number = (): number => {
    let digits = 0n;
    for (let place = 0n; place < 8n; place++) {
      const [byte = 0] = take(1);
      digits += BigInt(byte & 127) << (7n * place);
      if (byte < 128) {
        sound(digits <= BigInt(Number.MAX_SAFE_INTEGER));
        return Number(digits);
      }
    }
    throw REFUSED;
  };
  const list = <Item>(item: () => Item, most = Infinity): Item[] => {
    const length = number();
    sound(length <= most && length <= bytes.length - at);
    return Array.from({ length }, item);
  };
  const text = (): string => {
    const length = number();
    sound(length <= 16_384);
    const letters = take(length);
    sound(Buffer.from(letters.toString()).equals(letters));
    return letters.toString();
  };
  const [version, width = 0] = take(2);
  sound(version === 1 && [8, 12].includes(width));
  const authors = list(() => take(24).toString('hex'), 100_000).map(
    (digits) => `${digits.slice(0, 32)}.${digits.slice(32)}`,
  );
  const tops = list(() => ({ id: `0${take(12).toString('base64url')}`, group: text() }));
  const said: SaidOf[] = [];
  while (at < bytes.length) {
    const [placedToken, namedToken, top] = [text(), text(), number()];
    sound(top <= tops.length);
    const places = list(number, authors.length);
    sound(new Set(places).size === places.length && places.every((place) => place < authors.length));
    const starts = list(() => take(width).toString('hex'));
    const columns = places.map((place) => {
      const column: number[] = [];
      while (column.length < starts.length) {
        const run = number();
        const step = number() * (run % 2 === 0 ? 1 : -1);
        sound(run >= 2 && Math.floor(run / 2) <= starts.length - column.length);
        for (let i = 0; i < Math.floor(run / 2); i++) column.push((column.at(-1) ?? 0) + step);
      }
      sound(column.every((counter) => counter > 0 && Number.isSafeInteger(counter)));
      return { author: authors[place] as string, column };
    });
    for (const [i, start] of starts.entries())
      said.push({
        start,
        placedToken,
        namedToken,
        via: tops[top - 1]?.id,
        viaGroup: tops[top - 1]?.group ?? '',
        seen: new Map(columns.map(({ author, column }) => [author, column[i] as number])),
      });
  }
  return said;
}
