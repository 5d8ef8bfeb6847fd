/** What the demonstration prints: who, and what happened to them, in a person's words. */
import { relative } from 'node:path';

const WIDTH = 9;
/** Changes told one by one before the next "in step"; thousands of lines tell nobody anything. */
const CHANGES_SHOWN = 10;

export const say = (who, text) => console.log(`${who.padEnd(WIDTH)}${printable(text)}`);

/** Tells the events of one device; of what happens before it is in step for the first time, only that it is. */
export function narrator(who) {
  let changes = 0;
  let isNew = true;
  const words = {
    change({ direction, change, path, from }) {
      if (isNew) return;
      changes += 1;
      if (changes > CHANGES_SHOWN) return;
      const what = from === undefined ? path : `${from} -> ${path}`;
      say(who, direction === 'sent' ? `you ${change} ${what}` : `  ... ${change} here as well: ${what}`);
    },
    synced({ files }) {
      if (changes > CHANGES_SHOWN) say(who, `and ${changes - CHANGES_SHOWN} more`);
      if (changes > 0 || isNew) say(who, `in step, files: ${files}`);
      changes = 0;
      isNew = false;
    },
    link({ state, why }) {
      if (state === 'away') say(who, 'the relay is away; work goes on here and is sent later');
      if (state === 'connected' && !isNew) say(who, 'the relay is back');
      if (state === 'refused') say(who, `the relay refuses: ${why?.message ?? 'it gave no reason'}`);
    },
    conflict: ({ path, detail }) => say(who, `both kept: ${path} (${detail})`),
    problem: ({ path, message, next }) => say(who, `${path}: ${message} ${next}`),
    notice: ({ message, next }) => say(who, `${message} ${next}`),
    error: tellError(who),
  };
  return (event) => words[event.event]?.(event);
}

export const tellError =
  (who) =>
  ({ code, message, next }) =>
    say(who, `${message} (${code}) ${next}`);

/** What there is to try, in a few lines. */
export function explain([laptop, desktop], hasKeys) {
  const lines = [
    '',
    'Two devices, one folder. Their files lie in',
    `  laptop   ${shown(laptop)}`,
    `  desktop  ${shown(desktop)}`,
    'Edit, add, move or delete files in either, and watch them arrive in the other.',
    ...(hasKeys
      ? [
          'Press r to take the relay away; change both sides; press r again to see them merge.',
          'Ctrl-C stops everything.',
        ]
      : ['With --outage 20 the relay goes away for 20 seconds: change both sides and see them merge.']),
    'All is kept for the next start.',
    '',
  ];
  console.log(lines.map(printable).join('\n'));
}

const shown = (directory) => {
  const path = relative(process.cwd(), directory);
  return path === '' || path.startsWith('..') ? directory : path;
};

/** A file's name must not write to the terminal. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const printable = (text) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
