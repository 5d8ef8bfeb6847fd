/** The parts that answers of several commands have in common, in words. */
import { printable } from './printable.ts';
import type { ConflictReport, ConflictVersion, PendingReport, ProblemReport } from './reports.ts';
import { type Paint, plural } from './words.ts';

export const conflictLines = (
  { path, kind, detail, next, versions }: ConflictReport,
  paint: Paint,
): string[] => [
  `${paint('yellow', 'conflict')} ${printable(path)} (${printable(kind)}): ${printable(detail)}`,
  ...versions.flatMap((version) => keptLine(version)),
  `         Next: ${printable(next)}`,
];

const keptLine = ({ id, file, size = 0 }: ConflictVersion): string[] =>
  id === undefined
    ? []
    : [`         ${printable(id)}  ${plural(size, 'byte')}  ${printable(file ?? 'not here yet')}`];

export const problemLines = ({ path, code, message, next }: ProblemReport, paint: Paint): string[] => [
  `${paint('yellow', 'problem')}  ${printable(path)}: ${printable(message)} (${printable(code)})`,
  `         Next: ${printable(next)}`,
];

/** Files that wait for their contents, by name. */
export function missingLines(missing: readonly string[], { contents }: PendingReport): string[] {
  const further = contents - missing.length;
  return [
    ...missing.map((path) => `without its content: ${printable(path)}`),
    ...(further > 0 ? [`... and ${plural(further, 'further file')}`] : []),
  ];
}

/** What waits, or nothing if nothing is known to. */
export function pendingText({ onDisk, toRelay, fromRelay, contents }: PendingReport): string {
  const parts = [
    onDisk > 0 ? `${plural(onDisk, 'path')} changed and not yet taken in or written` : '',
    toRelay > 0 ? `${plural(toRelay, 'change')} not yet at the relay` : '',
    fromRelay > 0 ? `${plural(fromRelay, 'item')} not yet fetched from the relay` : '',
    contents > 0
      ? `${plural(contents, 'file')} ${contents === 1 ? 'waits for its' : 'wait for their'} contents`
      : '',
  ].filter((part) => part !== '');
  return parts.join(', ');
}
