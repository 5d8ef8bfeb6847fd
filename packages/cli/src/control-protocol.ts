/**
 * What a running `up` and the other commands say to each other over the local socket. One request a connection; both
 * sides write lines of JSON. Closing the connection gives up the request.
 *
 * History: version 1, first.
 */
import type { CliEvent } from './events.ts';
import type { Explained } from './next-steps.ts';
import type { Answers, Question, QuestionType } from './questions.ts';
import type { StatusReport, SyncReport, VerifyReport } from './reports.ts';

export const CONTROL_VERSION = 1;

/** `ask` came later: a running `up` that does not know it says so. */
export type ControlCommand = 'status' | 'sync' | 'verify' | 'ask';
export const CONTROL_COMMANDS: readonly ControlCommand[] = ['status', 'sync', 'verify', 'ask'];

export interface ControlRequest {
  readonly version: number;
  readonly command: ControlCommand;
  /** For `sync`: milliseconds for which the relay is waited for. */
  readonly wait?: number | undefined;
  /** For `ask`. */
  readonly question?: Question | undefined;
}

export interface ControlResults {
  readonly status: StatusReport;
  readonly sync: SyncReport;
  readonly verify: VerifyReport;
  readonly ask: Answers[QuestionType];
}

/** Any number of events, then exactly one `done` or `failed`. */
export type ControlReply =
  | { readonly event: CliEvent }
  | { readonly done: ControlResults[ControlCommand] }
  | { readonly failed: Explained };

/** Where a running `up` can be asked, kept in its data directory beside the store that it locks. */
export interface ControlPlace {
  readonly version: number;
  readonly socket: string;
  readonly pid: number;
}

export const CONTROL_FILE = 'control.json';

/** A request is small, two paths at most; whoever sends more is no evermesh command. */
export const REQUEST_LIMIT = 65_536;
/** An answer may name every file of a large directory. */
export const REPLY_LIMIT: number = 256 * 1024 * 1024;
