/** What differs between two versions, as a unified diff: what `patch` and `git apply` read, and people know. */
import type { DiffHunk, DiffLine } from '@evermesh/core';
import { utf8 } from '@evermesh/core/base';
import { versionText } from './history-text.ts';
import { printable } from './printable.ts';
import type { DiffReport, VersionReport } from './questions.ts';
import type { Colour, Paint } from './words.ts';

const SIGNS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', removed: '-', added: '+' };
const COLOURS: Readonly<Partial<Record<DiffLine['kind'], Colour>>> = { removed: 'red', added: 'green' };

/** @param isTerminal for a terminal no character of a file may be one that moves the cursor; a program gets the file's own */
export function diffLines(report: DiffReport, paint: Paint, isTerminal: boolean): string[] {
  const { path, from, to, kind, same, hunks } = report;
  if (same) return [`${printable(path)} holds the same in both.`];
  if (kind === 'blob')
    return [`${printable(path)} is no text${from === undefined ? '' : ' in both'}: ${sizes(from, to)}`];
  const shown = isTerminal ? shownLine : (text: string): string => text;
  return [
    from === undefined ? '--- /dev/null' : `--- ${header('a', path, from)}`,
    `+++ ${header('b', path, to)}`,
    ...hunks.flatMap((hunk) => hunkLines(hunk, paint, shown)),
  ];
}

/** Behind a tab stands what a patch does not mind. */
const header = (side: string, path: string, version: VersionReport): string =>
  `${patchName(`${side}/${path}`)}\t${versionText(version)}`;

/** A name that no line can hold is quoted as git quotes it: what may not be shown is the octal numbers of its bytes. */
function patchName(name: string): string {
  if (printable(name) === name) return name;
  return `"${name.replaceAll(/[^]/gu, quoted)}"`;
}

function quoted(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return printable(character) === character ? character : [...utf8(character)].map(octal).join('');
}

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

const sizes = (from: VersionReport | undefined, to: VersionReport): string =>
  [from, to]
    .flatMap((version) => version ?? [])
    .map(versionText)
    .join(' and ');

function hunkLines(hunk: DiffHunk, paint: Paint, shown: (text: string) => string): string[] {
  const { fromLine, fromCount, toLine, toCount, lines } = hunk;
  return [
    paint('dim', `@@ -${place(fromLine, fromCount)} +${place(toLine, toCount)} @@`),
    ...lines.flatMap(({ kind, text }) => {
      const isEnded = text.endsWith('\n');
      const line = SIGNS[kind] + shown(isEnded ? text.slice(0, -1) : text);
      const colour = COLOURS[kind];
      const painted = colour === undefined ? line : paint(colour, line);
      return isEnded ? [painted] : [painted, '\\ No newline at end of file'];
    }),
  ];
}

const place = (line: number, count: number): string => (count === 1 ? `${line}` : `${line},${count}`);

const shownLine = (text: string): string =>
  text
    .split('\t')
    .map((part) => printable(part))
    .join('\t');
