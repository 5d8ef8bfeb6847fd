/**
 * What is taken of an ignore file. It may come from any device, and is matched with every name on this one: what would
 * cost much is left out, and said.
 */
import { type Disk, joinPath } from './disk.ts';
import { isDeep } from './ignore-lines.ts';

export const IGNORE_FILE = '.evermeshignore';

/** Bytes that are read. */
const FILE_LIMIT = 64 * 1024;
/** Characters of a line: a pattern of 60,000 is refused by the engine that should match it. */
const LINE_LIMIT = 1024;
/** Lines in which `**` stands for directories more than once: each costs as much as hundreds of others. */
const DEEP_LINES = 20;
/** Parts of such a line between slashes: as many are tried with each name of a path. */
const DEEP_PARTS = 20;

export interface IgnoreText {
  /** What is taken of the file in this directory. */
  readonly text: string;
  /** What is not, in words. */
  readonly refused: string | undefined;
}

/** @throws what the file system does */
export async function readIgnoreFile(disk: Disk, directory: string): Promise<IgnoreText> {
  const handle = await disk.fs.openToRead(disk.at(joinPath(directory, IGNORE_FILE)));
  try {
    const decoder = new TextDecoder();
    let text = '';
    let left = FILE_LIMIT;
    for await (const piece of handle.pieces()) {
      text += decoder.decode(piece.subarray(0, left), { stream: true });
      left -= piece.byteLength;
      if (left < 0) break;
    }
    // Half a line might say something else.
    return safeRules(left < 0 ? text.slice(0, text.lastIndexOf('\n') + 1) : text, left < 0);
  } finally {
    await handle.close();
  }
}

function safeRules(text: string, isCut: boolean): IgnoreText {
  const lines = text.split(/\r?\n/);
  const [taken, refused]: [string[], string[]] = [[], []];
  let deep = 0;
  for (const line of lines) {
    const isCheap = !isDeep(line) || (isCheapDeep(line) && (deep += 1) <= DEEP_LINES);
    (isCheap && line.length <= LINE_LIMIT ? taken : refused).push(line);
  }
  const said = [
    ...(isCut ? [`Only its first ${FILE_LIMIT / 1024} KiB are read.`] : []),
    ...refused
      .map((line) => `"${line.slice(0, 40)}${line.length > 40 ? '…' : ''}" takes no part.`)
      .slice(0, 3),
    ...(refused.length > 3 ? [`Nor do ${refused.length - 3} other lines.`] : []),
  ];
  return {
    text: refused.length === 0 ? text : taken.join('\n'),
    refused: said.length === 0 ? undefined : said.join(' '),
  };
}

/** What is taken back is taken back by the library, which would try all ways. */
const isCheapDeep = (line: string): boolean => !line.startsWith('!') && line.split('/').length <= DEEP_PARTS;
