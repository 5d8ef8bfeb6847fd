/** An expected failure at one path: a value, shown to people until it is gone. */
import { isEvermeshError } from '@evermesh/core/errors';

export type ProblemCode =
  | 'UNREADABLE'
  | 'NAME_NOT_TEXT'
  | 'NAME_REFUSED'
  | 'NAME_TAKEN'
  | 'SPECIAL_FILE'
  | 'OTHER_FILE_SYSTEM'
  | 'RULE_REFUSED'
  | 'FILE_CHANGING'
  | 'FILE_DAMAGED'
  | 'CONTENT_DAMAGED'
  | 'OPERATION_REFUSED'
  | 'WRITE_FAILED'
  | 'DIRECTORY_KEPT'
  | 'BYTES_IN_TRASH'
  | 'WATCH_INCOMPLETE';

export interface Problem {
  readonly path: string;
  readonly code: ProblemCode;
  readonly message: string;
  /** What a person can do about it. */
  readonly next: string;
}

/** What is kept of one file is not what it should be. */
const OF_ONE_CONTENT: ReadonlySet<string> = new Set(['STORE_CORRUPT', 'BLOB_DAMAGED', 'BLOB_NOT_FOUND']);

/** @throws the error itself if it is of more than this file */
export function contentDamaged(path: string, error: unknown): Problem {
  if (!isEvermeshError(error) || !OF_ONE_CONTENT.has(error.code)) throw error;
  return {
    path,
    code: 'CONTENT_DAMAGED',
    message: `What is kept of it is damaged, so its newest content cannot be written. ${error.message}`,
    next: 'Keep a copy of the data directory, then join the folder anew with an empty one.',
  };
}

/** @param kept where in the trash it is */
export const bytesInTrash = (path: string, kept: string): Problem => ({
  path,
  code: 'BYTES_IN_TRASH',
  message: 'It was written to while it was replaced or removed.',
  next: `What was written is in ${kept}.`,
});

export const unreadable = (path: string, code: string): Problem => ({
  path,
  code: 'UNREADABLE',
  message: `It cannot be read (${code}). Nothing of it counts as deleted.`,
  next: 'Give the user that runs the mirror the right to read it.',
});
