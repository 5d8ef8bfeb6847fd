/** Events in words. Every message says what happened, and what to do if something is to be done. */
import type { ChangeEvent, CliEvent } from './events.ts';
import { diffLines } from './diff-text.ts';
import { doctorLines } from './doctor-text.ts';
import {
  listLines,
  pastLines,
  resolvedLines,
  restoredLines,
  trashLines,
  versionLines,
} from './history-text.ts';
import { printable } from './printable.ts';
import { conflictLines, missingLines, pendingText, problemLines } from './report-text.ts';
import type { LinkReport, SyncReport, VerifyReport } from './reports.ts';
import { statusLines } from './status-text.ts';
import { type Paint, count, plural } from './words.ts';

type Words = {
  readonly [Event in CliEvent as Event['event']]: (
    event: Event,
    paint: Paint,
    isTerminal: boolean,
  ) => string[];
};

const WORDS: Words = {
  listening: ({ url, metrics, data }) => [
    `The relay listens at ${printable(url)} and keeps its data in ${printable(data)}.`,
    ...(metrics === undefined ? [] : [`Its metrics are at ${printable(metrics)}/metrics.`]),
  ],
  folder: (event) => folderLines(event),
  link: (event, paint) => linkLines(event, paint),
  progress: (event) => [progressText(event)],
  change: (event, paint) => [changeText(event, paint)],
  conflict: (event, paint) => conflictLines(event, paint),
  problem: (event, paint) => problemLines(event, paint),
  notice: ({ message, next }, paint) => [paint('yellow', `${printable(message)} ${printable(next)}`)],
  waiting: ({ code, message, seconds }, paint) => [
    paint('yellow', `${code}: ${printable(message)}`),
    `What was kept is kept. It is tried again in ${plural(seconds, 'second')}, and goes on by itself once that works.`,
  ],
  synced: ({ files }) => [`In step: ${plural(files, 'file')} here, and all of it is stored at the relay.`],
  sync: (event, paint) => syncLines(event, paint),
  status: (event, paint) => statusLines(event, paint),
  verified: (event, paint) => verifyLines(event, paint),
  doctor: (event, paint) => doctorLines(event, paint),
  versions: (event) => versionLines(event),
  restored: (event) => restoredLines(event),
  trash: (event) => trashLines(event),
  conflicts: ({ conflicts }, paint) =>
    conflicts.length === 0
      ? ['Nothing is in conflict.']
      : conflicts.flatMap((each) => conflictLines(each, paint)),
  resolved: (event) => resolvedLines(event),
  diff: (event, paint, isTerminal) => diffLines(event, paint, isTerminal),
  log: (event) => pastLines(event),
  list: (event) => listLines(event),
  paths: ({ paths }) => pathLines(paths),
  error: ({ code, message, next }, paint) => [
    paint('red', `${code}: ${printable(message)}`),
    `Next: ${printable(next)}`,
  ],
  stopped: () => ['Stopped. What was done is kept.'],
};

/** The lines of an event; `paint` colours a part of one, or leaves it as it is. */
export const describe = (event: CliEvent, paint: Paint, isTerminal: boolean): string[] =>
  (WORDS[event.event] as (event: CliEvent, ...how: [Paint, boolean]) => string[])(event, paint, isTerminal);

const LOOPBACK = /--relay '?wss?:\/\/(127\.|localhost[:/ ]|\[::1\])/;

function folderLines(event: Extract<CliEvent, { event: 'folder' }>): string[] {
  const name = event.name === '' ? '' : ` "${printable(event.name)}"`;
  const lines = [
    `${printable(event.directory)} is folder${name} ${event.id} on device "${printable(event.device)}".`,
  ];
  if (event.created) {
    lines.push('To have it on another device, run there:', `  ${printable(event.join)}`);
    if (LOOPBACK.test(event.join)) {
      lines.push(
        'This relay address leads to this computer; on another device give the one that leads here.',
      );
    }
  }
  return lines;
}

function linkLines({ relay, state, why }: LinkReport, paint: Paint): string[] {
  const name = printable(relay);
  if (state === 'connected') return [`Connected to the relay ${name}.`];
  if (state === 'away') {
    const reason = why === undefined ? '.' : `: ${printable(why.message)}`;
    return [
      paint('yellow', `The relay ${name} is away${reason}`),
      'Work goes on here, and is sent when the relay is back. Nothing needs to be done for that.',
    ];
  }
  if (state === 'refused') {
    const reason = printable(why?.message ?? 'It gave no reason.');
    const code = why === undefined ? '' : ` (${why.code})`;
    return [paint('yellow', `The relay ${name} refuses${code}: ${reason}`), `Next: ${why?.next ?? ''}`];
  }
  return [];
}

export const progressText = ({
  phase,
  done,
  total,
}: {
  phase: string;
  done: number;
  total: number;
}): string =>
  total > 0
    ? `${printable(phase)}: ${count(done)} of ${count(total)}`
    : `${printable(phase)}: ${count(done)}`;

function changeText({ direction, change, path, from }: ChangeEvent, paint: Paint): string {
  const moved = from === undefined ? printable(path) : `${printable(from)} -> ${printable(path)}`;
  return `${paint('dim', direction.padEnd(8))} ${printable(change)} ${moved}`;
}

function syncLines(report: SyncReport, paint: Paint): string[] {
  const lines = report.conflicts.flatMap((conflict) => conflictLines(conflict, paint));
  for (const problem of report.problems) lines.push(...problemLines(problem, paint));
  if (report.inStep) {
    const changed =
      report.changes === 0 ? 'nothing had changed' : `${plural(report.changes, 'change')} made it so`;
    lines.push(
      `In step: ${plural(report.files, 'file')} here, and all of it is stored at the relay; ${changed}.`,
    );
  } else {
    lines.push(
      ...linkLines(report.link, paint).slice(0, 1),
      paint('yellow', `Not in step: ${pendingText(report.pending) || 'what the relay has is not known'}.`),
      ...missingLines(report.missing, report.pending).map((line) => `  ${line}`),
    );
    lines.push(nextOf(report));
  }
  return lines;
}

/** A relay that gave all it has gives the rest when it has it; one that is full takes what waits when it has room. */
function nextOf({ link, pending, problems }: SyncReport): string {
  if (link.state === 'connected' && pending.contents > 0)
    return `Next: connect the device that has these contents, then run 'evermesh sync' again.`;
  if (link.state === 'connected' && problems.length > 0)
    return `Next: see to the problems, then run 'evermesh sync' again; what waits is kept here.`;
  return `Next: run 'evermesh sync' again when the relay can be reached; what waits is kept here.`;
}

function verifyLines({ files, disk, store, waiting }: VerifyReport, paint: Paint): string[] {
  const waits = waitingLines(waiting, paint);
  if (disk.length === 0 && store.length === 0) {
    return [
      `Verified: ${plural(files, 'file')} on disk are what the documents say, and the store follows from its records.`,
      ...waits,
    ];
  }
  const lines = [
    ...disk.map(
      ({ path, what, detail }) =>
        `${paint('yellow', 'disk ')} ${printable(path)}: ${printable(what)} (${printable(detail)})`,
    ),
    ...store.map(
      ({ path, what, detail }) =>
        `${paint('yellow', 'store')} ${printable(path)}: ${printable(what)} (${printable(detail)})`,
    ),
    `${plural(disk.length + store.length, 'difference')}.`,
  ];
  if (disk.length > 0) lines.push(`Next: 'evermesh sync' takes what was changed on disk into the folder.`);
  if (store.length > 0) {
    lines.push(`Next: stop evermesh, and run 'evermesh doctor'; it says what can be brought back.`);
  }
  return [...lines, ...waits];
}

function waitingLines(waiting: VerifyReport['waiting'], paint: Paint): string[] {
  if (waiting.length === 0) return [];
  const lines = waiting.map(({ path, devices }) => {
    const whose = devices.length === 0 ? 'a device of which nothing is here' : devices.join(', ');
    return `${paint('yellow', 'waits')} ${printable(path)}: something in it builds on edits of ${printable(whose)}, which are not here`;
  });
  return [...lines, 'Next: connect that device. What is here is kept, and shown when these edits come.'];
}

function pathLines(paths: Readonly<Record<string, string>>): string[] {
  const width = Math.max(...Object.keys(paths).map(({ length }) => length));
  return Object.entries(paths).map(([name, path]) => `${name.padEnd(width)}  ${printable(path)}`);
}
