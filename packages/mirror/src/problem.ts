/** An expected failure at one path: a value, shown to people until it is gone. */
export type ProblemCode =
  | 'UNREADABLE'
  | 'NAME_NOT_TEXT'
  | 'NAME_REFUSED'
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

export const unreadable = (path: string, code: string): Problem => ({
  path,
  code: 'UNREADABLE',
  message: `It cannot be read (${code}). Nothing of it counts as deleted.`,
  next: 'Give the user that runs the mirror the right to read it.',
});
