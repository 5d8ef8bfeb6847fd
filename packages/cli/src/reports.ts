/** What `status`, `sync` and `verify` answer: plain data, the same from a running `up` and from a store opened here. */
import type { Explained } from './next-steps.ts';

/** Two versions of one thing, both kept; a person may choose. */
export interface ConflictReport {
  readonly path: string;
  /** `name`: two entries were given one name. `content`: one file has several contents. */
  readonly kind: 'name' | 'content';
  readonly detail: string;
  /** What a person can do. */
  readonly next: string;
  /** What is kept beside what stands at `path`. */
  readonly versions: readonly ConflictVersion[];
}

export interface ConflictVersion {
  /** For `content`: names it to `resolve`. */
  readonly id?: string | undefined;
  /** Where it can be read: the other entry inside the directory, or a copy in the data directory; absent: not here yet. */
  readonly file?: string | undefined;
  /** In bytes, for `content`. */
  readonly size?: number | undefined;
}

export interface ProblemReport {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export interface IgnoredReport {
  readonly path: string;
  readonly reason: string;
}

/** `off`: this process makes no link; only a running `up` or `sync` does. */
export type LinkState = 'connected' | 'connecting' | 'away' | 'refused' | 'off';

export interface LinkReport {
  readonly relay: string;
  readonly state: LinkState;
  /** Why it is away or refused. */
  readonly why?: Explained | undefined;
}

/** What waits, by where it must go. All zero is what "in step" means. */
export interface PendingReport {
  /** Paths at which directory and folder differ. While `up` runs they are seen to at once, and this says 0. */
  readonly onDisk: number;
  /** Changes stored here that are not durable at the relay. */
  readonly toRelay: number;
  /** Documents and contents that the relay announced and that are not here yet. */
  readonly fromRelay: number;
  /** Files of the folder that the directory does not show as they are, because what they hold has not arrived. */
  readonly contents: number;
}

export interface StatusReport {
  readonly directory: string;
  /** Whether an `evermesh up` keeps the directory in step right now. */
  readonly running: boolean;
  readonly device: { readonly id: string; readonly name: string };
  /** Others of the folder, as far as they told how they are called. */
  readonly devices: readonly { readonly id: string; readonly name: string }[];
  readonly folder: { readonly id: string; readonly name: string };
  readonly link: LinkReport;
  readonly mirror: string;
  readonly files: number;
  /** Which versions are kept, as `--keep-versions` has it. Absent: an earlier `up` answers. */
  readonly keepVersions?: string | undefined;
  readonly inStep: boolean;
  readonly pending: PendingReport;
  /** The paths that `pending.contents` counts, the first 20. */
  readonly missing: readonly string[];
  readonly conflicts: readonly ConflictReport[];
  readonly problems: readonly ProblemReport[];
  readonly ignoredCount: number;
  /** Only when asked for: it can be long. */
  readonly ignored?: readonly IgnoredReport[] | undefined;
}

export interface SyncReport {
  readonly directory: string;
  readonly inStep: boolean;
  /** Files and directories that this run wrote to the disk, or took from it. */
  readonly changes: number;
  readonly files: number;
  readonly pending: PendingReport;
  /** As in `status`. */
  readonly missing: readonly string[];
  readonly link: LinkReport;
  readonly conflicts: readonly ConflictReport[];
  readonly problems: readonly ProblemReport[];
}

export interface Difference {
  readonly path: string;
  readonly what: string;
  readonly detail: string;
}

export interface VerifyReport {
  readonly directory: string;
  readonly files: number;
  /** The directory on disk beside the documents. */
  readonly disk: readonly Difference[];
  /** The store beside what its own records say. */
  readonly store: readonly Difference[];
  /** Files of which something is not shown, because it builds on edits that are not here; on which device these were made. */
  readonly waiting: readonly WaitingFile[];
}

export interface WaitingFile {
  readonly path: string;
  /** As far as anything of theirs is here to tell. */
  readonly devices: readonly string[];
}

/** What `doctor` found, and what it did, or would do. */
export interface DoctorReport {
  readonly directory: string;
  readonly data: string;
  /** What is damaged about the store: nothing, if it is whole. */
  readonly damage: readonly { readonly where: string; readonly what: string }[];
  /** Contents that are not what was written, by their SHA-256: they are fetched again. */
  readonly contents: readonly string[];
  /** Records that are as they were written, and are carried over. */
  readonly carried: number;
  readonly recoveries: readonly RecoveryReport[];
  /** Where what was replaced is kept. Absent: nothing was. */
  readonly kept?: string | undefined;
}

/** A file of whose records some do not survive here. */
export interface RecoveryReport {
  readonly path: string;
  /** How many. */
  readonly records: number;
  /**
   * `relay`: it has all of them. `relay or disk`: they may never have been sent; then what the disk shows is taken in. `relay if it
   * has it`: they may never have been sent, and the disk does not show the file either.
   */
  readonly from: 'relay' | 'relay or disk' | 'relay if it has it' | 'whoever has it';
}
