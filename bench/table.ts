/** Aligned columns for a terminal, and the table of a scenario's figures. */
import type { Figures } from './figures.ts';
import { median } from './measure.ts';

/** The first `words` columns align to the left, the others are amounts. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { words = 1 }: { words?: number } = {},
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const show = (row: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return column < words ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [show(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(show)].join('\n');
}

/** One row for each subject and engine. The ratio stands at a peer's row: Evermesh's median divided by the peer's. */
export function figuresTable(figures: Figures): string {
  const rows: string[][] = [];
  for (const [subject, members] of figures.bySubject()) {
    for (const [index, figure] of members.entries()) {
      const ratio = figures.ratio(figure);
      const verdict = figures.verdict(figure);
      rows.push([
        index === 0 ? subject : '',
        figure.engine,
        `${amount(median(figure.values))} ${figure.unit}`,
        `${amount(Math.min(...figure.values))} - ${amount(Math.max(...figure.values))}`,
        ratio === undefined ? '' : `${amount(ratio)}x`,
        verdict?.reach ?? '',
        verdict === undefined ? '' : verdict.isMet ? 'met' : 'MISSED',
      ]);
    }
  }
  const head = ['measured', 'engine', 'median', 'min - max', 'evermesh / this', 'to reach', ''];
  return table(head, rows, { words: 2 });
}

/** Three digits that mean something. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  if (size === 0) return '0';
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
