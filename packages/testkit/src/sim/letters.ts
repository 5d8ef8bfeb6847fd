/**
 * Letters that nobody else types: each character a person inserts is one of its own, so that wherever it turns up everybody can
 * tell who typed it and when. They are taken from the scripts with the most code points, some of them beyond 16 bits, where a
 * careless program cuts them in half.
 */
const RANGES: readonly (readonly [from: number, to: number])[] = [
  [0x4e00, 0x9fff],
  [0x20000, 0x2a6d0],
];

export class Letters {
  #next = 0;
  #wide = 0;

  /** As many letters as asked for, none of which was given before. */
  take(count: number): string {
    let text = '';
    for (let i = 0; i < count; i++) text += this.#one();
    return text;
  }

  #one(): string {
    const isWide = this.#next % 8 === 7;
    const [from, to] = RANGES[isWide ? 1 : 0] as readonly [number, number];
    this.#next += 1;
    const code = from + (isWide ? this.#wide++ : this.#next);
    if (code > to) throw new RangeError('More was typed than there are letters.');
    return String.fromCodePoint(code);
  }
}

/**
 * The letters in a text, in their order: what else is in it (spaces, ends of lines, common words) belongs to nobody. Unit by unit:
 * every text of every device is looked at in this way, and a regular expression takes several times as long.
 */
export function lettersIn(text: string): string[] {
  const letters: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x4e00 && unit <= 0x9fff) letters.push(text.charAt(at));
    else if (unit >= 0xd840 && unit <= 0xd869) {
      const code = text.codePointAt(at) as number;
      if (code >= 0x20000 && code <= 0x2a6d0) letters.push(text.slice(at, ++at + 1));
    }
  }
  return letters;
}
