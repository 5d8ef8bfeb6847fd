/** What names look like, and which of them cannot stand in one directory: the rules of the format, written down a second time. */
import { createHash } from 'node:crypto';

const LIMIT = 255;
const DEVICES = ['con', 'prn', 'aux', 'nul', 'conin$', 'conout$'].concat(
  Array.from('0123456789\u00b9\u00b2\u00b3').flatMap((digit) => [`com${digit}`, `lpt${digit}`]),
);

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

/** A registered name as it is shown. */
export function shown(registered: string): string {
  let name = '';
  // A pair is one character here, half a pair is one by itself.
  for (const character of registered) {
    const isHalf = /^[\ud800-\udfff]$/.test(character);
    name += isHalf ? '\ufffd' : character === '/' || character === '\0' ? '_' : character;
  }
  name = name.normalize('NFC');
  return fitted(['', '.', '..'].includes(name) ? `_${name}` : name, '');
}

/** Equal for names that cannot stand in one directory. */
export type NameKey = (registered: string) => string;

/** Equal for names of which some system would take one for the other. */
export const portable: NameKey = (registered) => legal(registered).toLowerCase().normalize('NFC');

/** What differs in case only is two names. */
export const caseSensitive: NameKey = (registered) => legal(registered);

/** @param metadata of the folder's tree */
export const nameKeyOf = (metadata: ReadonlyMap<string, unknown>): NameKey =>
  metadata.get('nameRules') === '2' ? caseSensitive : portable;

/** With what Windows refuses replaced. */
function legal(registered: string): string {
  let name = '';
  for (const character of shown(registered)) {
    const code = character.codePointAt(0) as number;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
    name += isControl || '<>:"/\\|?*'.includes(character) ? '_' : character;
  }
  let end = name.length;
  while (end > 0 && '. '.includes(name[end - 1] as string)) end -= 1;
  name = name.slice(0, end) + '_'.repeat(name.length - end);
  const stem = name.split(/[ .]/, 1)[0] as string;
  if (DEVICES.includes(stem.toLowerCase())) name = `${stem}_${name.slice(stem.length)}`;
  return name;
}

/** What a file is called whose name a sibling has. */
export function beside(registered: string, id: string, attempt: number): string {
  const digest = createHash('sha256').update(id).digest('hex');
  const mark = attempt <= 3 ? digest.slice(0, 8 * 2 ** attempt) : digest + '~'.repeat(attempt - 3);
  return fitted(shown(registered), ` (~${mark})`);
}

function fitted(name: string, mark: string): string {
  const dot = name.lastIndexOf('.');
  const isExtension = dot > 0 && bytes(name.slice(dot)) <= 32;
  const extension = isExtension ? name.slice(dot) : '';
  const stem = Array.from(isExtension ? name.slice(0, dot) : name);
  while (bytes(stem.join('') + mark + extension) > LIMIT && stem.length > 0) stem.pop();
  return stem.join('') + mark + extension;
}
