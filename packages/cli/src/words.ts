/** Numbers and colours in sentences. */
export type Colour = 'dim' | 'yellow' | 'red' | 'green';
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, number>> = { dim: 2, yellow: 33, red: 31, green: 32 };

export const withColour: Paint = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
export const withoutColour: Paint = (_colour, text) => text;

/** `3,214`: the same on every computer, whatever its language. */
export const count = (value: number): string => value.toLocaleString('en-US');

export const plural = (value: number, word: string): string =>
  `${count(value)} ${word}${value === 1 ? '' : 's'}`;
