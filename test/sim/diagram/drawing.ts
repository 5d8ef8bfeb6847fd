/** A layout as SVG: life lines, messages, marks with words. What does not fit in a column is told when pointed at. */
import type { FrameEvent, Layout, Mark, Pause, Period } from './layout.ts';

/** Pixels of the axis, and of a column. */
export const AXIS = 90;
export const COLUMN = 330;
/** Pixels from the left edge of a column to its life line. */
const INSET = 20;
/** Characters that fit beside a life line. */
const FITS = 46;

export const COLOURS = {
  person: '#1a1a1a',
  kill: '#d3222a',
  power: '#8a2be2',
  network: '#d97706',
  backup: '#0369a1',
  program: '#6b7280',
  other: '#92400e',
} as const;

export const MESSAGE_COLOURS: Readonly<Record<string, string>> = {
  PUT: '#2563eb',
  LIVE: '#2563eb',
  RECORDS: '#2563eb',
  BLOB: '#7c3aed',
  ACK: '#16a34a',
};
const OTHER_MESSAGE = '#b8bec8';

export function drawingOf(layout: Layout): string {
  const { machines, frames, marks, periods, pauses, height } = layout;
  const width = widthOf(layout);
  const x = (who: string): number => AXIS + INSET + Math.max(0, machines.indexOf(who)) * COLUMN;
  const parts = [
    ...periods.map((period) => shade(period, x(period.who), layout)),
    ...machines.map((who) => `<line class="life" x1="${x(who)}" x2="${x(who)}" y1="0" y2="${height}"/>`),
    ...pauses.map((pause) => gap(pause, width, layout)),
    ...frames.map((frame) => arrow(frame, x(frame.from), x(frame.who), layout)),
    ...timesBeside(marks),
    ...marks.map(({ mark, y }) =>
      mark.who === 'world' ? everywhere(mark, width, y) : dot(mark, x(mark.who), y),
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">\n${parts.join('\n')}\n</svg>`;
}

export const widthOf = ({ machines }: Layout): number => AXIS + machines.length * COLUMN;

function shade({ who, what, from, to }: Period, x: number, { y }: Layout): string {
  const [top, bottom] = [y(from), y(to)];
  const [left, width] = what === 'is down' ? [x - 12, 24] : [x - 17, 34];
  const kind = what === 'is down' ? 'down' : 'cut';
  return (
    `<rect class="${kind}" x="${left}" y="${top}" width="${width}" height="${Math.max(2, bottom - top)}">` +
    `<title>${escaped(`${who} ${what} for ${spanOf(to - from)}`)}</title></rect>`
  );
}

function gap({ from, to }: Pause, width: number, { y }: Layout): string {
  const middle = y(to) - 12;
  return (
    `<line class="pause" x1="${AXIS}" x2="${width}" y1="${middle}" y2="${middle}"/>` +
    `<text class="time" x="4" y="${middle + 4}">… ${spanOf(to - from)}</text>`
  );
}

function arrow(
  { message, from, who, sent, at, bytes, isLost }: FrameEvent,
  x1: number,
  x2: number,
  { y }: Layout,
): string {
  const [y1, y2] = [y(sent), y(at)];
  const told = `${message}: ${from} to ${who}, ${bytes} bytes, ${isLost ? 'lost' : `${(at - sent).toFixed(1)} ms`}`;
  const title = `<title>${escaped(told)}</title>`;
  if (isLost) {
    const [x, middle] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const cross = `M${x - 4} ${middle - 4}l8 8m0 -8l-8 8`;
    return `<g class="lost">${title}<line x1="${x1}" y1="${y1}" x2="${x}" y2="${middle}"/><path d="${cross}"/></g>`;
  }
  const colour = MESSAGE_COLOURS[message] ?? OTHER_MESSAGE;
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const tip = [2.8, -2.8].map(
    (turn) =>
      `L${(x2 + 8 * Math.cos(angle + turn)).toFixed(1)} ${(y2 + 8 * Math.sin(angle + turn)).toFixed(1)}`,
  );
  return (
    `<g stroke="${colour}" fill="${colour}">${title}<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>` +
    `<path d="M${x2} ${y2}${tip.join('')}z"/></g>`
  );
}

/** The time of a mark, where there is room for it. */
function timesBeside(marks: Layout['marks']): string[] {
  let last = -Infinity;
  return marks.flatMap(({ mark, y }) => {
    if (y - last < 30) return [];
    last = y;
    return [`<text class="time" x="4" y="${y + 4}">${clockOf(mark.at)}</text>`];
  });
}

function dot(mark: Mark, x: number, y: number): string {
  const colour = colourOf(mark);
  const shape =
    mark.type === 'person'
      ? `<circle cx="${x}" cy="${y}" r="4"/>`
      : `<path d="M${x} ${y - 6}l6 6l-6 6l-6 -6z"/>`;
  const weight = mark.type === 'misfortune' ? ' font-weight="bold"' : '';
  return (
    `<g fill="${colour}"${weight}><title>${escaped(`${clockOf(mark.at)} ${mark.who}: ${mark.what}`)}</title>${shape}` +
    `<text x="${x + 22}" y="${y + 4}">${escaped(cut(mark.what))}</text></g>`
  );
}

function everywhere(mark: Mark, width: number, y: number): string {
  const isBroken = mark.type === 'violation';
  const words = isBroken ? `${mark.law} is broken: ${mark.what.split('\n', 1)[0]}` : `the world ${mark.what}`;
  return (
    `<g class="${isBroken ? 'broken' : 'world'}"><title>${escaped(mark.what)}</title>` +
    `<rect x="${AXIS}" y="${y - 7}" width="${width - AXIS}" height="14"/>` +
    `<text x="${AXIS + 6}" y="${y + 4}">${escaped(words)}</text></g>`
  );
}

function colourOf({ type, what }: Mark): string {
  if (type === 'person') return COLOURS.person;
  if (type === 'program') return what === 'is killed' ? COLOURS.kill : COLOURS.program;
  if (type === 'network' || /cut off|reach|lines/.test(what)) return COLOURS.network;
  if (/power/.test(what)) return COLOURS.power;
  if (/kill|wipe/.test(what)) return COLOURS.kill;
  return /back|restore|copy/.test(what) ? COLOURS.backup : COLOURS.other;
}

const cut = (words: string): string => {
  const characters = Array.from(words);
  return characters.length <= FITS ? words : `${characters.slice(0, FITS - 1).join('')}…`;
};

/** Minutes, seconds and milliseconds since the world began. */
function clockOf(at: number): string {
  const ms = Math.floor(at);
  const [seconds, minutes] = [Math.floor(ms / 1000) % 60, Math.floor(ms / 60_000)];
  return `${minutes}:${String(seconds).padStart(2, '0')}.${String(ms % 1000).padStart(3, '0')}`;
}

function spanOf(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
// Half a character is none: an encoder would not take it.
export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => ENTITIES[one] as string).replace(/\p{Surrogate}/gu, '\uFFFD');
