/** Versions, the trash and a directory of the folder, in words. */
import { printable, shellWord } from './printable.ts';
import type { Answers, TrashReport, VersionReport } from './questions.ts';
import { count, plural } from './words.ts';

/** Digits of an id that are shown: enough to tell versions of one file apart, and a command takes the beginning of one. */
const SHOWN = 10;
const NAMED = 20;
const NEXT = `Next: 'evermesh up' or 'evermesh sync' brings it to the disk.`;

export const versionLines = ({ path, versions }: Answers['versions']): string[] =>
  versions.length === 0
    ? [`Nothing is kept of what ${printable(path)} held.`]
    : [...versions.map((version) => versionLine(version)), `To have one back: evermesh restore FILE --at ID`];

export const trashLines = ({ entries }: Answers['trash']): string[] =>
  entries.length === 0
    ? ['Nothing that was removed is kept.']
    : [...entries.map((entry) => trashLine(entry)), 'To have one back: evermesh restore PATH'];

export const restoredLines = ({ path, running }: Answers['restore']): string[] => [
  `It is at ${printable(path)} in the folder again.`,
  ...(running ? [] : [NEXT]),
];

export const resolvedLines = ({ path, made, running }: Answers['resolve']): string[] => [
  `${printable(path)} is in conflict no more.`,
  ...made.map((each) => `Kept beside it: ${printable(each)}`),
  ...(running ? [] : [NEXT]),
];

export const pastLines = ({ changes }: Answers['log']): string[] =>
  changes.length === 0
    ? ['Nothing is known of what happened there.']
    : changes.map(({ type, path, from, time, device, version }) => {
        const where = from === undefined ? path : `${from} -> ${path}`;
        const name = version === undefined ? '' : `  ${shortId(version)}`;
        return `${when(time)}  ${who(device).padEnd(NAMED)}  ${type.padEnd(7)}  ${printable(where)}${name}`;
      });

export const listLines = ({ entries }: Answers['list']): string[] =>
  entries.map(
    ({ name, kind }) => `${printable(name)}${kind === 'directory' ? '/' : kind === 'symlink' ? '@' : ''}`,
  );

function versionLine({ id, time, device, size }: VersionReport): string {
  return `${shortId(id)}  ${when(time)}  ${count(size).padStart(11)} bytes  ${who(device)}`;
}

/** A version on one line with others. */
export const versionText = ({ id, time, device, size }: VersionReport): string =>
  `${shortId(id)}, ${when(time).trimEnd()}, ${plural(size, 'byte')}, ${who(device)}`;

function shortId(id: string): string {
  const [heads = '', other] = id.split('~');
  return printable(heads.slice(0, SHOWN) + (other === undefined ? '' : `~${other}`));
}

function trashLine({ id, path, kind, count: all, time, device }: TrashReport): string {
  const what = kind === 'directory' ? `/ (${plural(all, 'entry').replace(/entrys$/, 'entries')})` : '';
  return `${id.slice(0, SHOWN)}  ${when(time)}  ${who(device).padEnd(NAMED)}  ${printable(shellWord(path))}${what}`;
}

/** By the clock of whoever wrote it, which may say anything. */
function when(time: number | undefined): string {
  const date = time === undefined ? undefined : new Date(time);
  const isDate = date !== undefined && Number.isFinite(date.getTime()) && date.getUTCFullYear() < 10_000;
  return isDate ? date.toISOString().slice(0, 19).replace('T', ' ') : 'at no known time  ';
}

/** A name, or the beginning of an id. */
const who = (device: string | undefined): string =>
  device === undefined
    ? 'several devices'
    : /^[0-9a-f]{32}$/.test(device)
      ? device.slice(0, 8)
      : printable(device);
