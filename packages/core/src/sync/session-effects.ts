/** What a session wants done, and why it may have ended. */
import type { BlobName } from '../base/index.ts';
import type { Debt, Outcome, StoreOperation } from '../log/index.ts';
import type { FromDevice, LogRecord, Put } from '../protocol/index.ts';
import type { OutgoingPut } from './outgoing-put.ts';
import type { ReadRequest } from './own-log.ts';

export type SessionState = 'opening' | 'catching-up' | 'live' | 'refused';

export interface Refusal {
  /** An error code. */
  readonly code: string;
  readonly reason: string;
  /** Milliseconds after which to open again; 0: not on this socket. */
  readonly retryAfter: number;
}

export type Effect =
  | { readonly type: 'send'; readonly message: FromDevice }
  /** Send once the peer has these blobs; tell `unsent` if it has no room for them. */
  | {
      readonly type: 'put';
      readonly put: OutgoingPut;
      readonly message: Put;
      readonly blobs: ReadonlySet<BlobName>;
    }
  /** Append the records and the rows in one batch; tell `stored` when it is durable. */
  | {
      readonly type: 'append';
      readonly records: readonly LogRecord[];
      readonly beside: (outcomes: readonly Outcome[]) => StoreOperation[];
      readonly came: readonly Debt[];
      /** What the records that came count for. */
      readonly bytes: number;
    }
  /** Let these rows be durable some time, not before what was appended is. */
  | { readonly type: 'keep'; readonly rows: readonly StoreOperation[] }
  /** Read the own log; tell `read` what was found. */
  | { readonly type: 'read'; readonly request: ReadRequest }
  /** Leave the channel, and open the folder anew when what was appended is durable. */
  | { readonly type: 'reopen'; readonly why: string };

export const send = (message: FromDevice): Effect => ({ type: 'send', message });
