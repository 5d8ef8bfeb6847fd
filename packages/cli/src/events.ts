/** Everything a command says. `--json` prints one event a line as it is here; human.ts puts the same into words. */
import type { FolderId } from '@evermesh/core/base';
import type { Explained } from './next-steps.ts';
import type { Answers } from './questions.ts';
import type {
  ConflictReport,
  DoctorReport,
  LinkReport,
  ProblemReport,
  StatusReport,
  SyncReport,
  VerifyReport,
} from './reports.ts';

export type CliEvent =
  /** The relay takes connections. */
  | {
      readonly event: 'listening';
      readonly url: string;
      /** Where it answers Prometheus, if it does. */
      readonly metrics: string | undefined;
      readonly data: string;
    }
  /** Which folder and device this directory is, and the command that joins it elsewhere. */
  | {
      readonly event: 'folder';
      readonly id: FolderId;
      readonly name: string;
      readonly directory: string;
      readonly device: string;
      readonly created: boolean;
      readonly join: string;
    }
  | ({ readonly event: 'link' } & LinkReport)
  | { readonly event: 'progress'; readonly phase: string; readonly done: number; readonly total: number }
  | ChangeEvent
  | ({ readonly event: 'conflict' } & ConflictReport)
  | ({ readonly event: 'problem' } & ProblemReport)
  /** Something that a person may want to know; nothing failed. */
  | { readonly event: 'notice'; readonly message: string; readonly next: string }
  /** The store failed; everything is closed, and opened anew after so many seconds. */
  | ({ readonly event: 'waiting'; readonly seconds: number } & Explained)
  /** Disk, store and relay hold the same. */
  | { readonly event: 'synced'; readonly files: number }
  | ({ readonly event: 'sync' } & SyncReport)
  | ({ readonly event: 'status' } & StatusReport)
  | ({ readonly event: 'verified' } & VerifyReport)
  | ({ readonly event: 'doctor' } & DoctorReport)
  | ({ readonly event: 'versions' } & Answers['versions'])
  | ({ readonly event: 'restored' } & Answers['restore'])
  | ({ readonly event: 'trash' } & Answers['trash'])
  | ({ readonly event: 'conflicts' } & Answers['conflicts'])
  | ({ readonly event: 'resolved' } & Answers['resolve'])
  | ({ readonly event: 'diff' } & Answers['diff'])
  | ({ readonly event: 'log' } & Answers['log'])
  | ({ readonly event: 'list' } & Answers['list'])
  | { readonly event: 'paths'; readonly paths: Readonly<Record<string, string>> }
  | ({ readonly event: 'error' } & Explained)
  | { readonly event: 'stopped' };

export interface ChangeEvent {
  readonly event: 'change';
  /** `sent`: found on this disk. `received`: written to it. */
  readonly direction: 'sent' | 'received';
  readonly change: string;
  readonly path: string;
  readonly from?: string | undefined;
}
