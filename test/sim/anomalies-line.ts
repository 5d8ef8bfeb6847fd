/** What the product had to settle in one world, in one line. */
import type { Trace } from '@evermesh/testkit/sim';

/** `anomalies: 1 cycle, 12 name conflict`, as the table of many worlds counts them. */
export function anomaliesLine({ counts }: Pick<Trace, 'counts'>): string {
  const counted = [...counts.anomaly].sort(([a], [b]) => (a < b ? -1 : 1));
  return `anomalies: ${counted.map(([what, count]) => `${count} ${what}`).join(', ') || 'none'}`;
}
