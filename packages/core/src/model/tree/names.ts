/**
 * Names. Registers keep a name as it was typed; what is shown is a form that every system can hold in one directory.
 * Two names that some system could not hold side by side have the same key, and a directory shows a key once. These
 * rules are a constant of the format: replicas with other rules would show another tree.
 */
import { sha256, toHex, utf8 } from '../../base/index.ts';
import { EvermeshError } from '../../errors/index.ts';
import { composed, lowerCase } from './unicode.ts';

/**
 * The tables of rules in this file, of which those of Unicode 17.0 are a part. A folder's metadata names the one that it was made with,
 * and a version that does not know that refuses the folder. 1: what differs in case only is one name. 2: it is two names.
 */
export const NAME_RULES = { portable: 1, caseSensitive: 2 } as const;
export const LATEST_NAME_RULES = 2;

/** Names with equal keys cannot stand in one directory. */
export type NameKey = (name: string) => string;

/** Bytes of UTF-8: what common file systems hold. */
const NAME_BYTES = 255;
/** A longer ending is no file type, and is cut like the rest. */
const EXTENSION_BYTES = 32;

const ASCII = /^[ -~]*$/;
/** Of ASCII that every system holds as it is, and shows so. Nearly all names are. */
const PLAIN =
  /^(?!(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:[ .]|$))[ !#-)+-.0-9;=@-[\]-{}~]{0,254}[!#-)+-\-0-9;=@-[\]-{}~]$/i;
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const NOT_ON_WINDOWS = /[\p{Cc}<>:"/\\|?*]/gu;
const RESERVED_ON_WINDOWS = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=$|[ .])/i;

/** Throws `PATH_INVALID` for a name that nobody may give. What arrives from others is shown anyway, in a safe form. */
export function checkName(name: string): void {
  const why = whyInvalid(name);
  if (why !== undefined)
    throw new EvermeshError('PATH_INVALID', `A name ${why}.`, { details: { name: name.slice(0, 300) } });
}

function whyInvalid(name: string): string | undefined {
  if (name === '') return 'has at least one character';
  if (name === '.' || name === '..') return 'cannot be a dot or two';
  if (name.includes('/') || name.includes('\0')) return 'contains neither a slash nor a NUL character';
  // UTF-8 cannot carry it: other devices would see another name.
  if (LONE_SURROGATE.test(name)) return 'consists of whole characters';
  if (bytesOf(name) > NAME_BYTES || bytesOf(composed(name)) > NAME_BYTES)
    return `has at most ${NAME_BYTES} bytes of UTF-8`;
  return undefined;
}

/** By the rules that most folders have: equal where some system takes two names for one. */
export const portableKey: NameKey = (name) => {
  if (PLAIN.test(name)) return name.toLowerCase();
  const form = windowsForm(shownName(name));
  // Lower-casing may yield decomposed characters, so the composition comes last as well.
  return ASCII.test(form) ? form.toLowerCase() : composed(lowerCase(form));
};

/** By the rules of a folder that tells names apart which differ in case only. */
const caseSensitiveKey: NameKey = (name) => (PLAIN.test(name) ? name : windowsForm(shownName(name)));

/** @param rules as a folder's metadata names them. Whatever else stands there is no choice that anybody made */
export const nameKeyOf = (rules: string | undefined): NameKey =>
  rules === String(NAME_RULES.caseSensitive) ? caseSensitiveKey : portableKey;

/** The name with what Windows refuses replaced, or altered at the end it would drop. */
function windowsForm(name: string): string {
  const legal = name.replace(NOT_ON_WINDOWS, '_').replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  return legal.replace(RESERVED_ON_WINDOWS, '$1_');
}

/** How a registered name is shown. Showing what is shown changes nothing. */
export function shownName(name: string): string {
  if (ASCII.test(name) && name.length <= NAME_BYTES && !isSpecial(name) && !name.includes('/')) return name;
  const whole = composed(name.replace(LONE_SURROGATES, '\ufffd').replace(/[/\0]/g, '_'));
  return fit(isSpecial(whole) ? `_${whole}` : whole, '');
}

const isSpecial = (name: string): boolean => name === '' || name === '.' || name === '..';

/**
 * A name to show instead of one that a sibling has. It depends on the node alone, so that every replica finds the same;
 * a further `attempt` is for a directory where the earlier ones are taken too.
 */
export function alternativeName(name: string, id: string, attempt: number): string {
  const digest = toHex(sha256(utf8(id)));
  const mark = digest.slice(0, 8 << Math.min(attempt, 3)) + '~'.repeat(Math.max(0, attempt - 3));
  return fit(shownName(name), ` (~${mark})`);
}

/** Puts `suffix` before the extension and cuts what stands before it until the whole fits. */
function fit(name: string, suffix: string): string {
  if (bytesOf(name) + bytesOf(suffix) <= NAME_BYTES && suffix === '') return name;
  const { stem, extension } = split(name);
  const room = NAME_BYTES - bytesOf(suffix) - bytesOf(extension);
  return cut(stem, Math.max(room, 1)) + suffix + extension;
}

function split(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  if (bytesOf(extension) > EXTENSION_BYTES) return { stem: name, extension: '' };
  return { stem: name.slice(0, name.length - extension.length), extension };
}

/** The longest beginning of whole characters within `limit` bytes. */
function cut(text: string, limit: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > limit) break;
    end += character.length;
  }
  return text.slice(0, end);
}

const bytesOf = (text: string): number => (ASCII.test(text) ? text.length : utf8(text).byteLength);
