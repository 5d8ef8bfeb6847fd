import type { ErrorCode } from '@evermesh/core/errors';
import type { CompactionResult } from '@evermesh/core/log';

/** What the thread that compacts says of a job. */
export type CompactionAnswer =
  | { readonly type: 'result'; readonly result: CompactionResult }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly message: string };
