/**
 * What a document went through, step by step, in the order of this log. Whoever asks what a document once was asks for its steps, and
 * for nothing else: they are the same questions whatever form the log keeps older records in.
 */
import type { AuthorId } from '../base/index.ts';
import {
  type Heads,
  keptHeads,
  type LogRecord,
  raiseBy,
  type RecordHeader,
  type RecordKind,
} from '../protocol/index.ts';

export interface HistoryStep {
  /** The heads of the document after this step. They name the same content on each device that has all they cover. */
  readonly heads: Heads;
  /** Of each author of whom it brings something, the last of that: whoever has seen less has not seen this step. */
  readonly brings: Heads;
  /** Milliseconds since 1970 as the clock of its last author had it: shown to people, never trusted. 0: nobody knows. */
  readonly time: number;
  /** Applied one after the other to a document that has all steps before. None: it is sealed, or of another generation. */
  readonly updates: readonly HistoryUpdate[];
}

export interface HistoryUpdate {
  /** How the body is to be applied. */
  readonly kind: RecordKind;
  readonly body: Uint8Array;
}

/** A record as a step behind these heads, which are raised by it. */
export function stepOf({ header, body }: LogRecord, heads: Map<AuthorId, number>): HistoryStep {
  raiseBy(heads, header);
  const brings = new Map<AuthorId, number>();
  raiseBy(brings, header);
  const { kind, time } = header;
  const updates = isReadable(header) ? [{ kind, body }] : [];
  return { heads: keptHeads(new Map(heads)), brings, time, updates };
}

/** Other generations are stored and not merged; sealed bodies nobody opens yet. */
export const isReadable = ({ generation, keyId }: Pick<RecordHeader, 'generation' | 'keyId'>): boolean =>
  generation === 0 && keyId === 0;

/** Whether it is a state that was given: it stands for what was written at several times, and nobody knows when. */
export const isGiven = ({ time, updates }: HistoryStep): boolean =>
  time === 0 && updates.some(({ kind }) => kind === 'snapshot');
