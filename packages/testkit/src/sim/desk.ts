/** What somebody sees who works in a directory on disk, and what he does there without thinking. */
import { fromUtf8 } from '@evermesh/core/base';
import { lettersIn } from './letters.ts';
import type { Inode } from './inode.ts';
import { foldedName } from './naming.ts';
import type { SimFiles } from './sim-files.ts';
import type { Somebody } from './typing.ts';

export interface Desk extends Somebody {
  readonly files: SimFiles;
  /** The directory that he works in. */
  readonly root: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Whatever was changed before it, a mirror has looked at. */
  readonly lookedBefore: number;
  /** A mirror is running. */
  readonly isMirrored: boolean;
  /** When people took away what stood at a path, by removing or moving it. */
  readonly vacated: Map<string, number>;
}

/** On disk it is kept, as far as the disk keeps it. */
export function record({ ledger, who, now }: Desk, path: string, old: string, text: string): void {
  ledger.typed(text, who, now(), path);
  ledger.kept(lettersIn(text));
  ledger.replaced(old, text, `saved by ${who}`);
}

/** A name and a content of its own, both new since a mirror looked: nothing tells that it is the file that it was. */
export const isUnknown = ({ lookedBefore }: Desk, { renamedAt, replacedAt }: Inode): boolean =>
  renamedAt > lookedBefore && replacedAt > lookedBefore;

export const entries = ({ files, root }: Desk): [string, Inode][] =>
  files.look(root) === undefined
    ? []
    : [...files.walk(files.find(root))].filter(
        ([path]) => path !== '.evermesh' && !path.startsWith('.evermesh/'),
      );

/**
 * What comes to a name whose file was moved away before a mirror looked is taken for that file. After a bad end an empty one is what the
 * power left of it, and it is written again; one that is no text does not merge with what others wrote in it, which is kept beside. The
 * file that was moved is there twice then.
 */
export function unmergedUnder(desk: Desk, { kind, data }: Inode): void {
  if (kind !== 'file' || (data.byteLength > 0 && isText(data))) return;
  for (const [, inode] of entries(desk))
    if (inode.renamedAt > desk.lookedBefore) desk.ledger.copied(lettersIn(textOf(inode)));
}

export const directories = (desk: Desk): string[] =>
  entries(desk).flatMap(([path, { kind }]) => (kind === 'directory' ? [path] : []));

export function pickFile(desk: Desk): [string, Inode] | undefined {
  // What a power cut left of a file, nobody takes for what it should be.
  const files = entries(desk).filter(
    ([, { kind, isDamaged, saving }]) => kind === 'file' && !isDamaged && saving === undefined,
  );
  return files.length === 0 ? undefined : desk.random.pick(files);
}

export function newPath(desk: Desk): string {
  const into = desk.random.chance(0.4) ? '' : desk.random.pick(['', ...directories(desk)]);
  const name = desk.random.pick(desk.naming.names);
  return into === '' ? name : `${into}/${name}`;
}

/** He took away what stood at these paths. */
export function vacate({ vacated, now }: Desk, paths: Iterable<string>): void {
  for (const path of paths) vacated.set(foldedName(path), now());
}

/** Whether a mirror that does not run remembers something there: people took it away, and no mirror had looked since. */
export const isRemembered = ({ isMirrored, vacated, lookedBefore }: Desk, path: string): boolean =>
  !isMirrored && (vacated.get(foldedName(path)) ?? -Infinity) >= lookedBefore;

/** Whether it is text to whoever opens it: what is none, and what a power cut left of a text in the middle of a letter, is not typed into. */
export const isText = (data: Uint8Array): boolean => !data.includes(0) && fromUtf8(data) !== undefined;

/** What a file holds, and where a link leads. */
export const textOf = ({ data, kind }: Inode): string =>
  kind === 'directory' ? '' : new TextDecoder().decode(data);
