/** Which files are prose. In prose two edits of one line blend well; in code a line that nobody wrote is a fault. */
import type { Unit } from './hunk.ts';

const PROSE_ENDINGS = new Set(
  'md markdown mdown mkd mdx txt text rst adoc asciidoc asc tex latex org textile wiki mediawiki typ'.split(
    ' ',
  ),
);
const PROSE_NAMES = new Set(
  'readme license licence copying notice changelog changes history news authors contributors contributing credits thanks todo notes install faq'.split(
    ' ',
  ),
);

/** The unit by which saves of a file with this name are compared. */
export function unitOf(fileName: string): Unit {
  const name = fileName.toLowerCase();
  const dot = name.lastIndexOf('.');
  const isProse = dot > 0 ? PROSE_ENDINGS.has(name.slice(dot + 1)) : PROSE_NAMES.has(name);
  return isProse ? 'words' : 'lines';
}
