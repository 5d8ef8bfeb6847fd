/** What a mirror tells while it works. */
import type { ErrorCode } from '@evermesh/core';
import type { Problem } from './problem.ts';

export type MirrorEvent =
  /** `in`: done on disk and now in the folder; `out`: came from the folder and is now on disk. */
  | {
      readonly type: 'change';
      readonly direction: 'in' | 'out';
      readonly change: 'created' | 'edited' | 'moved' | 'removed';
      readonly path: string;
      /** Where a moved entry was. */
      readonly from?: string;
    }
  | {
      readonly type: 'conflict';
      readonly path: string;
      readonly kind: 'name' | 'content';
      readonly detail: string;
    }
  | ({ readonly type: 'problem' } & Problem)
  | {
      readonly type: 'progress';
      readonly phase: 'scan' | 'ingest' | 'apply';
      readonly done: number;
      readonly total: number;
    }
  /** The system may have told of fewer changes than there were: everything is looked at. Possibly many times a minute. */
  | { readonly type: 'eventsLost' }
  /** Nothing is left to do, until something changes. */
  | { readonly type: 'inStep' }
  | { readonly type: 'halted'; readonly code: ErrorCode; readonly message: string };

export type Tell = (event: MirrorEvent) => void;
