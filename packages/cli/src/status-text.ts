/** The answer of `status` in words. */
import { keptVersionsText } from './keep-versions.ts';
import { printable } from './printable.ts';
import { conflictLines, missingLines, pendingText, problemLines } from './report-text.ts';
import type { LinkReport, StatusReport } from './reports.ts';
import { type Paint, plural } from './words.ts';

export function statusLines(report: StatusReport, paint: Paint): string[] {
  const { device, folder, conflicts, problems, ignored, keepVersions } = report;
  return [
    row('directory', printable(report.directory)),
    row('device', `${printable(device.name)} (${device.id})`),
    ...(report.devices.length === 0 ? [] : [row('others', othersText(report.devices))]),
    row('folder', `${printable(folder.name || 'not here yet')} (${folder.id})`),
    row('relay', `${printable(report.link.relay)}, ${linkWords(report)}`),
    ...(keepVersions === undefined ? [] : [row('versions', keptVersionsText(keepVersions))]),
    row('state', stateWords(report, paint)),
    ...missingLines(report.missing, report.pending).map((line) => `  ${line}`),
    ...listed(
      'conflicts',
      conflicts.length,
      conflicts.flatMap((conflict) => conflictLines(conflict, paint)),
    ),
    ...listed(
      'problems',
      problems.length,
      problems.flatMap((problem) => problemLines(problem, paint)),
    ),
    ...(ignored === undefined
      ? [
          row(
            'not synced',
            `${plural(report.ignoredCount, 'path')}${report.ignoredCount > 0 ? `; --ignored lists them with the reason` : ''}`,
          ),
        ]
      : listed(
          'not synced',
          ignored.length,
          ignored.map(({ path, reason }) => `${printable(path)}: ${printable(reason)}`),
        )),
  ];
}

/** A folder has a few. */
const NAMED = 20;

function othersText(devices: StatusReport['devices']): string {
  const named = devices.slice(0, NAMED).map(({ id, name }) => {
    const begin = `(${id.slice(0, 8)})`;
    // Where names are equal it is a part of them.
    return printable(name.endsWith(begin) ? name : `${name} ${begin}`);
  });
  const further = devices.length - named.length;
  return [...named, ...(further > 0 ? [plural(further, 'further device')] : [])].join(', ');
}

const row = (label: string, text: string): string => `${label.padEnd(11)}${text}`;

const listed = (label: string, length: number, lines: readonly string[]): string[] => [
  row(label, length === 0 ? 'none' : String(length)),
  ...lines.map((line) => `  ${line}`),
];

const LINK_WORDS: Readonly<Record<LinkReport['state'], string>> = {
  connected: 'connected',
  connecting: 'connecting',
  away: 'cannot be reached now',
  refused: 'refuses this device',
  off: `not connected (no 'evermesh up' runs)`,
};

const linkWords = ({ link }: StatusReport): string =>
  link.why === undefined
    ? LINK_WORDS[link.state]
    : `${LINK_WORDS[link.state]} (${link.why.code}): ${printable(link.why.message)}`;

const MIRROR_WORDS: Readonly<Record<string, string>> = {
  starting: 'about to be looked at',
  scanning: 'being looked at',
  writing: 'being written to',
};

function stateWords({ inStep, folder, link, mirror, files, pending }: StatusReport, paint: Paint): string {
  if (folder.name === '') return `${paint('yellow', 'waiting')} for the folder to arrive from the relay`;
  const here = `${plural(files, 'file')} here`;
  if (inStep)
    return paint(
      'green',
      link.state === 'connected' ? `in step, ${here}` : `in step as far as is known here, ${here}`,
    );
  const isWorking = mirror !== 'in step' && mirror !== 'waiting' && mirror !== 'not running';
  const what = [
    here,
    pendingText(pending),
    isWorking ? `the directory is ${MIRROR_WORDS[mirror] ?? mirror}` : '',
  ];
  return `${paint('yellow', 'not in step')}, ${what.filter((part) => part !== '').join('; ')}`;
}
