/**
 * Names come from other devices. A name with control characters could move the cursor, recolour the terminal or
 * pretend to be another line of output, so whatever is shown goes through here first.
 */

// C0 and C1 control characters, DEL, line and paragraph separators, and the characters that reorder text.
// oxlint-disable-next-line no-control-regex -- these are exactly the characters that must not reach a terminal
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Half of a character: no encoding of text can carry it. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** For people: each unsafe character is shown as its number, `\u{1b}` for escape. */
export const printable = (text: string): string =>
  text
    .replace(LONE_SURROGATES, '\ufffd')
    .replace(UNSAFE, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);

/** For programs: one line of JSON that is also safe in a terminal. `JSON.parse` gives back the value unchanged. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** One word of a shell command, quoted only if it must be. */
export const shellWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
