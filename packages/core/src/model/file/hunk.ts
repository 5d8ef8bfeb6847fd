/** Replaces `remove` UTF-16 units of a base text at `offset` by `insert`. */
export interface Hunk {
  readonly offset: number;
  readonly remove: number;
  readonly insert: string;
}

/** What is kept whole when texts are compared: words, for prose, or lines. */
export type Unit = 'words' | 'lines';
