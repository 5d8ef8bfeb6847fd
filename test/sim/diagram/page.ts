/** One world as a page: a picture of who did what when, and who heard of it, in one file that needs nothing else. */
import type { RunResult, Trace } from '@evermesh/testkit/sim';
import { anomaliesLine } from '../anomalies-line.ts';
import { AXIS, COLOURS, COLUMN, drawingOf, escaped, MESSAGE_COLOURS, widthOf } from './drawing.ts';
import { layoutOf } from './layout.ts';

/** @param title what the world is called: its profile and seed */
export function pageOf(
  title: string,
  trace: Pick<Trace, 'events' | 'counts'>,
  violations: RunResult['violations'],
): string {
  const layout = layoutOf(trace.events);
  const names = layout.machines.map(
    (who, at) => `<b style="left:${AXIS + 8 + at * COLUMN}px">${escaped(who)}</b>`,
  );
  const broken = violations.map(({ law, what }) => `<li><b>${escaped(law)}</b> ${escaped(what)}</li>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${broken.length === 0 ? '<p class="good">Every law held.</p>' : `<ul class="bad">${broken.join('')}</ul>`}
<p>${escaped(anomaliesLine(trace))}</p>
<p>Time runs downwards, and is short where nothing happens. Point at anything to be told more. Signs of life (PING, PONG) are left out.</p>
<p>${legend()}</p>
<div class="names" style="width:${widthOf(layout)}px">${names.join('')}</div>
${drawingOf(layout)}
</html>
`;
}

const key = (sign: string, colour: string, words: string): string =>
  `<span class="key"><i style="color:${colour}">${sign}</i> ${words}</span>`;

const legend = (): string =>
  [
    key('●', COLOURS.person, 'a person does something'),
    key('◆', COLOURS.kill, 'killed'),
    key('◆', COLOURS.power, 'the power fails'),
    key('◆', COLOURS.network, 'network'),
    key('◆', COLOURS.backup, 'backup, set back'),
    key('◆', COLOURS.other, 'other misfortune'),
    key('◆', COLOURS.program, 'the program begins or ends'),
    key('▮', '#c3c8d0', 'does not run'),
    key('▮', '#f6c98a', 'is cut off'),
    key('→', MESSAGE_COLOURS['PUT'] as string, 'records'),
    key('→', MESSAGE_COLOURS['ACK'] as string, 'ACK'),
    key('→', MESSAGE_COLOURS['BLOB'] as string, 'blobs'),
    key('→', '#8d95a3', 'other messages'),
    key('×', COLOURS.kill, 'lost'),
  ].join(' ');

const STYLE = `
body { font: 13px system-ui, sans-serif; margin: 16px; color: #1a1a1a; background: #fff }
h1 { font-size: 18px } .good { color: #16803c } .bad { color: #b3131b; padding-left: 18px }
.key { white-space: nowrap; margin-right: 14px } .key i { font-style: normal }
.names { position: sticky; top: 0; height: 26px; background: #ffffffee; border-bottom: 1px solid #999 }
.names b { position: absolute; top: 4px }
svg { display: block } svg text { font: 11px system-ui, sans-serif; stroke: none; paint-order: stroke }
svg g > text { stroke: #ffffffd0; stroke-width: 3px }
.life { stroke: #374151; stroke-width: 1.5 } .time { fill: #6b7280 } .pause { stroke: #9ca3af; stroke-dasharray: 2 6 }
.down { fill: #c3c8d0 } .cut { fill: #f6c98a99 } .lost { stroke: #d3222a; stroke-dasharray: 4 3; fill: none }
.world rect { fill: #e5e7eb } .broken rect { fill: #d3222a } .broken text { fill: #fff; stroke: none; font-weight: bold }
.world text { stroke: none }
g:hover { stroke-width: 3px } g:hover text { font-weight: bold }
`;
