/** What `doctor` found and did, in words. */
import { printable, shellWord } from './printable.ts';
import type { DoctorReport, RecoveryReport } from './reports.ts';
import { count, type Paint, plural } from './words.ts';

const FROM: Readonly<Record<RecoveryReport['from'], string>> = {
  relay: 'the relay has them',
  'relay or disk': 'from the relay, or else what the disk shows is taken in',
  'whoever has it':
    'what it is called is not known; if the disk has it, it is taken in, and the relay is asked',
  'relay if it has it': 'lost, unless the relay or another device has them',
};

export function doctorLines(report: DoctorReport, paint: Paint): string[] {
  const { directory, data, damage, contents, carried, recoveries, kept } = report;
  if (damage.length === 0 && contents.length === 0) return [`Nothing is damaged in ${printable(data)}.`];
  const lines = [
    ...damage.map(
      ({ where, what }) => `${paint('yellow', 'damaged')} ${printable(where)}: ${printable(what)}`,
    ),
    ...contents.map((name) => `${paint('yellow', 'damaged')} content ${name}`),
  ];
  if (damage.length > 0) lines.push(`${plural(carried, 'record')} survive and are carried over.`);
  for (const { path, records, from } of recoveries)
    lines.push(
      `${printable(path)}: ${count(records)} ${records === 1 ? 'does' : 'do'} not survive here; ${FROM[from]}`,
    );
  lines.push(
    kept === undefined
      ? `Next: 'evermesh doctor ${shellWord(directory)} --repair' does so. It removes nothing: what it replaces is kept in ${printable(data)}.`
      : `What was replaced is kept in ${printable(kept)}. Remove it when everything is there.`,
  );
  return lines;
}
