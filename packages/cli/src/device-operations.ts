/** What can be asked of a directory's device, here or in another process. */
import type { Ask } from './questions.ts';
import type { StatusReport, SyncReport, VerifyReport } from './reports.ts';

/** What can be asked of a directory's device, in this process or, over its socket, in another. */
export interface DeviceOperations {
  status(options?: OperationOptions): Promise<StatusReport>;
  sync(options?: OperationOptions): Promise<SyncReport>;
  verify(options?: OperationOptions): Promise<VerifyReport>;
  /** What concerns the folder alone. */
  readonly ask: Ask;
  close(): Promise<void>;
}

export interface OperationOptions {
  readonly signal?: AbortSignal | undefined;
  /** For `sync`: milliseconds for which a relay that cannot be reached is waited for. Default: 10,000. */
  readonly wait?: number | undefined;
}
